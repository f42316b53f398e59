//! What the zones hold beside their SOA, NS and `ns1`.

pub const CHAINS: &str = "\
a CNAME b
b CNAME c
c A 192.0.2.10
c TXT c
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
intoloop CNAME loop1
lost CNAME nowhere
lost2 CNAME lost
toother CNAME www.other.example.
toothercname CNAME alias.other.example.
toothermissing CNAME missing.other.example.
andback CNAME back.other.example.
toouter CNAME www.outside.test.
tochild CNAME www.child.parent.example.
tocut CNAME www.signed.deleg.example.
tocutitself CNAME signed.deleg.example.
tocutinhere CNAME www.cut
cut NS ns.cut
ns.cut A 192.0.2.11
toapex CNAME @
toent CNAME ent
x.ent A 192.0.2.12
towild CNAME something.wild
*.wild A 192.0.2.13
*.wild TXT wild
*.wildalias CNAME c
*.wildloop CNAME x.wildloop
*.wilddeeper CNAME a.b.wilddeeper
towildalias CNAME some.wildalias
*.wildlost CNAME nowhere
*.wildother CNAME www.other.example.
todname CNAME www.moved
moved DNAME target
www.target A 192.0.2.14
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME c9
c9 A 192.0.2.15
todnameother CNAME www.away.dname.example.
";

pub const DNAME: &str = "\
old DNAME new
old A 192.0.2.20
old TXT beside
www.new A 192.0.2.21
alias.new CNAME www.new
back.new CNAME www.old
*.star.new A 192.0.2.22
away DNAME other.example.
out DNAME outside.test.
long DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccccccccccccccccccccccccccccccccccccccccc.dname.example.
short.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb DNAME new
first DNAME second
second DNAME third
x.third A 192.0.2.23
ring1 DNAME ring2
ring2 DNAME ring1
inner DNAME deeper.inner2
x.deeper.inner2 A 192.0.2.24
toalias CNAME www.old
tocut DNAME cut
cut NS ns.cut
ns.cut A 192.0.2.25
tosigned DNAME signed.deleg.example.
tomissing DNAME missing
toent DNAME ent
a.b.ent A 192.0.2.26
towild DNAME wild
*.wild TXT wild
";

pub const DELEGATIONS: &str = "\
glued NS ns.glued
glued NS ns2.glued
ns.glued A 192.0.2.40
ns.glued AAAA 2001:db8::40
ns2.glued A 192.0.2.41
deep.glued A 192.0.2.42
sibling NS ns.glued
sibling NS ns.sibling
ns.sibling A 192.0.2.43
unglued NS ns.outside.test.
inside NS ns1
inside NS host
host A 192.0.2.44
loaded NS www.other.example.
signed NS ns.signed
signed DS 1 13 2 0123456789012345678901234567890123456789012345678901234567890123
ns.signed A 192.0.2.45
*.under A 192.0.2.46
cut.under NS ns.cut.under
ns.cut.under A 192.0.2.47
x.cut2.under NS ns.x.cut2.under
ns.x.cut2.under A 192.0.2.48
outer NS ns.outer
ns.outer A 192.0.2.49
inner.outer NS ns.inner.outer
ns.inner.outer A 192.0.2.50
alias.outer CNAME www
moved.outer DNAME www
*.outer A 192.0.2.51
a.b.c.far NS ns.a.b.c.far
ns.a.b.c.far A 192.0.2.52
nsatwild NS ns.wildglue
*.wildglue A 192.0.2.53
nsatalias NS alias
alias CNAME host
lame NS nowhere
";

/// The zone of RFC 4592 section 2.2.1.
pub const RFC4592: &str = "\
* TXT \"this is a wildcard\"
* MX 10 host1
sub.* TXT \"this is not a wildcard\"
host1 A 192.0.2.1
_ssh._tcp.host1 SRV 0 0 22 host1
_ssh._tcp.host2 SRV 0 0 22 host1
subdel NS ns.example.com.
subdel NS ns.example.net.
";

pub const EMPTY_NON_TERMINALS: &str = "\
a.b.c.d.e.f A 192.0.2.60
z.b.c.d.e.f A 192.0.2.61
b.c2.d.e.f TXT beside
*.under.ent A 192.0.2.62
*.beside TXT wild
deep.down.beside A 192.0.2.63
*.x.beside MX 1 ns1
only.*.star A 192.0.2.64
host A 192.0.2.65
h.host TXT below
cut.g.h NS ns.other.example.
signed.g.i NS ns.other.example.
signed.g.i DS 1 13 2 0123456789012345678901234567890123456789012345678901234567890123
";

pub const WILDCARDS: &str = "\
* A 192.0.2.70
* TXT everything
host A 192.0.2.71
*.host TXT below
*.*.twice A 192.0.2.72
*.a.*.mixed TXT odd
a*b A 192.0.2.73
*a TXT no-wildcard
x.*.y A 192.0.2.74
*.alias CNAME host
*.alias2 CNAME missing.alias3
*.alias3 CNAME www.other.example.
real.alias A 192.0.2.75
*.mx MX 5 any.thing
*.srv SRV 0 0 1 host
*.many A 192.0.2.76
*.many A 192.0.2.77
*.many AAAA 2001:db8::76
ent.at.many TXT blocks
*.only.below TXT x
";

pub const ADDITIONAL: &str = "\
@ MX 10 mail
@ MX 20 mail2
@ MX 30 mail.other.example.
@ MX 40 mail.outside.test.
mail A 192.0.2.80
mail AAAA 2001:db8::80
mail2 AAAA 2001:db8::81
null MX 0 .
toalias MX 10 alias
alias CNAME mail
towild MX 10 any.wild
*.wild A 192.0.2.82
tomissing MX 10 missing
toself MX 10 toself
toself A 192.0.2.83
tocut MX 10 ns.cut
cut NS ns.cut
ns.cut A 192.0.2.84
_sip._tcp SRV 1 2 3 mail
_sip._tcp SRV 1 2 3 mail2
_sips._tcp SRV 0 0 0 .
svc SVCB 1 mail alpn=h2
svc SVCB 2 . alpn=h3
svc A 192.0.2.85
web HTTPS 1 . alpn=h2
web A 192.0.2.86
web AAAA 2001:db8::86
webalias HTTPS 0 web
naptr NAPTR 1 2 \"a\" \"\" \"\" mail
naptr2 NAPTR 1 2 \"s\" \"\" \"\" _sip._tcp
afs AFSDB 1 mail
kx KX 1 mail
rt RT 1 mail
rp RP mail text
text TXT responsible
ptr PTR mail
";

pub const PARENT: &str = "\
child NS ns.child
child DS 1 13 2 0123456789012345678901234567890123456789012345678901234567890123
ns.child A 192.0.2.90
www.child A 192.0.2.91
another NS ns.child
www.deep.below A 192.0.2.92
hidden.deep.below A 192.0.2.93
x.hidden.deep.below A 192.0.2.94
tochild CNAME www.child
tochildmx MX 10 www.child
* TXT wild
";

pub const CHILD: &str = "\
ns A 192.0.2.95
www A 192.0.2.96
deep NS ns.deep
deep NS ns
ns.deep A 192.0.2.97
up CNAME www.deep.below.parent.example.
";

pub const CASE: &str = "\
UPPER A 192.0.2.100
upper TXT lower
Mixed.Case MX 10 UpPeR
mIXED.cASE AAAA 2001:db8::100
*.WILD CNAME Mixed.CASE
SUB NS NS.sub
ns.SUB A 192.0.2.101
Moved DNAME Case
";

pub const ODD: &str = "\
a\\.b A 192.0.2.110
\\000nul A 192.0.2.111
\\255high A 192.0.2.112
\\032blank TXT x
\\@at TXT y
_under_score A 192.0.2.113
-dash A 192.0.2.114
\\*.literal A 192.0.2.115
unknown TYPE65400 \\# 3 abcdef
unknown TYPE65401 \\# 0
*.unknown TYPE65400 \\# 1 00
zero 0 A 192.0.2.116
long A 192.0.2.117
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ddddddddddddddddddddddddddddddddddddddddddddddd A 192.0.2.118
caa CAA 0 issue \"x\"
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
tlsa TLSA 3 1 1 abcd
";

pub const OTHER: &str = "\
ns2 A 192.0.2.120
ns A 192.0.2.121
www A 192.0.2.122
www TXT other
mail A 192.0.2.123
alias CNAME www
back CNAME c.chains.example.
";
