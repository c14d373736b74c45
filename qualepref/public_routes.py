"""The routes open without sign-in. All others ask for it; a test compares this list with the URLconf."""

PUBLIC_ROUTES = (
    "login",  # one signs in there
    "password_forgotten",  # who forgot it cannot sign in
    "password_link",  # the address of a mail, signed and good for one use
    "password_choose",  # its form
    "reminders_stop",  # the link of a mail, signed; it stops such mails, and opens nothing
    "logout",  # a session that ran out may still be left: it lands on the sign-in page
    "accessibilite",  # the law asks for it on every public site
    "legal",  # the law asks for it too
    "healthz",  # watched by machines without an account; says nothing but « ok »
    "readyz",  # the same; names what is missing, never its address
    "public_home",  # the Espace Qualité, or the choice of a préfecture
    "public_prefecture",  # the Espace Qualité of a préfecture: its published bilans
    "public_entry",  # an entry of it: its documents, and those that they replaced
    "public_document",  # the file of one of them
    "public_legal",  # who makes the site, as the law asks
    "public_privacy",  # what becomes of personal data, as the law asks
    "public_accessibility",  # what was checked and what to do, as the law asks
    "public_contact",  # whom to write to, and where the public is received
    "public_site_map",  # every public page of a préfecture
    "security_txt",  # whom to tell about a weakness; for machines, by its standard
    "public_bilan",  # a published bilan, from its signed content
    "public_bilan_pdf",  # the same, as signed
    "public_edition",  # the same for one edition: what was replaced stays readable, with a banner
    "public_edition_pdf",  # the same, as signed
    "public_bilan_csv",  # the same figures, to be reused
)
