"""The performance goals as one command: `make bench`.

Times vary from run to run; ratios taken in one run count. Each measure is printed beside its goal with PASS
or FAIL, and none is a test: what must hold for ever (queries, buffers) is a test of the suite as well.
"""
