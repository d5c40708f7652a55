"""What the tests of Plume are written with.

process       a program of Plume as a child: started, watched through its log, ended
system        broker, gateways and mailer in a fresh directory on ports of their own
fixtures      what every suite's conftest.py offers to its tests
client        people: Client speaks the current protocol, FaithfulClient also comes back by itself,
              LegacyClient knows only what the seed's description says
bus_peer      one side of the bus that says whatever a test wants
bus_proxy     a bad link between the broker's events and a gateway
dead_link     a TCP link that can become half open
smtp_sink     a mail server that answers by script
mail_desk     a broker's mail desk for mailers alone
exim          a real mail server, in a directory of its own
http_sink     a stand-in for Mailgun that remembers what it was asked
hosts         several machines on one wire, as network namespaces
certificates  a certificate authority for one test
"""
