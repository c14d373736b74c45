from jobs import mail
from sites import mails

mail.writer(mails.INVITATION)(mails.invitation)
mail.writer(mails.RESET)(mails.reset)
mail.writer(mails.NOTICE)(mails.notice)
