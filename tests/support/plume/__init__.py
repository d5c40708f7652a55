"""What the tests of Plume are written with.

process       a program of Plume as a child: started, watched through its log, ended
system        broker, gateways and mailer in a fresh directory on ports of their own
client        people: Client speaks the current protocol, FaithfulClient also comes back by itself,
              LegacyClient knows only what the seed's description says
smtp_sink     a mail server that answers by script
mail_desk     a broker's mail desk for mailers alone
exim          a real mail server, in a directory of its own
http_sink     a stand-in for Mailgun that remembers what it was asked
certificates  a certificate authority for one test
"""
