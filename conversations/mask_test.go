package conversations

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The secrets below are put together when the test runs, so that nothing in this file looks like one.
var (
	alnum  = strings.Repeat("aB3d", 20) // 80 letters and digits
	digest = strings.Repeat("0a1B2c3D", 12)
)

func join(parts ...string) string { return strings.Join(parts, "") }

func TestMask(t *testing.T) {
	begin, end := "-----BEGIN ", "-----END "
	key := join(begin, "RSA PRIVATE KEY-----\n", alnum, "\n", alnum, "\n", end, "RSA PRIVATE KEY-----")
	for _, c := range []struct{ text, want string }{
		{"leaked " + join("xox", "b-123456789012-", alnum[:24]) + " here", "leaked [masked: Slack token] here"},
		{join("xox", "e.xox", "p-1-", alnum[:40]), "[masked: Slack token]"},
		{join("xa", "pp-1-A0123-456-", digest[:30]), "[masked: Slack token]"},
		{"<https://" + join("hooks.slack", ".com/services/T0001/B0001/", alnum[:24]) + "|hook>", "<[masked: Slack webhook]|hook>"},
		{"post to https://" + join("discord", ".com/api/webhooks/123456789012345678/", alnum[:68]), "post to [masked: Discord webhook]"},
		{"https://" + join("ptb.discord", "app.com/api/v10/webhooks/123456789012345678/", alnum[:68]), "[masked: Discord webhook]"},
		{"Bot " + join("MTA", digest[:21], ".", "GaBcDe", ".", digest[:38]), "Bot [masked: Discord token]"},
		{"key " + join("AK", "IA", strings.Repeat("Q7", 8)) + ".", "key [masked: AWS key]."},
		{join("AS", "IA", strings.Repeat("Q7", 8)), "[masked: AWS key]"},
		{join("aws_secret_", "access_key = ", alnum[:38], "/+"), "aws_secret_access_key = [masked: AWS key]"},
		{join(`"SecretAccess`, `Key": "`, alnum[:40], `"`), `"SecretAccessKey": "[masked: AWS key]"`},
		{join("AWS_SESSION_", "TOKEN=", alnum), "AWS_SESSION_TOKEN=[masked: AWS key]"},
		{join("gh", "p_", alnum[:36]), "[masked: GitHub token]"},
		{join("gh", "o_", alnum[:36]), "[masked: GitHub token]"},
		{join("gh", "s_", alnum[:36]), "[masked: GitHub token]"},
		{join("gh", "u_", alnum[:36]), "[masked: GitHub token]"},
		{join("gh", "r_", alnum[:36]), "[masked: GitHub token]"},
		{join("github", "_pat_", alnum[:22], "_", alnum[:59]), "[masked: GitHub token]"},
		{join("gl", "pat-", alnum[:20]), "[masked: GitLab token]"},
		{join("AI", "za", alnum[:35]), "[masked: Google key]"},
		{join("sk", "_live_", alnum[:24]), "[masked: Stripe key]"},
		{join("rk", "_live_", alnum[:24]), "[masked: Stripe key]"},
		{join("np", "m_", alnum[:36]), "[masked: npm token]"},
		{join("py", "pi-", "AgEIcHlwaS5vcmc", alnum[:60]), "[masked: PyPI token]"},
		{join("s", "k-", "proj-", alnum[:40]), "[masked: API key]"},
		{"jwt " + join("ey", "J", alnum[:20], ".", "ey", "J", alnum[:30], ".", alnum[:43]), "jwt [masked: JWT]"},
		{"before\n" + key + "\nafter", "before\n[masked: private key]\nafter"},
		{strings.ReplaceAll(key, "\n", `\n`), "[masked: private key]"},
		{"cut off " + key[:80], "cut off [masked: private key]"},
		{join(begin, "PGP PRIVATE KEY BLOCK-----\n", alnum, "\n", end, "PGP PRIVATE KEY BLOCK-----"), "[masked: private key]"},

		{"Authorization: Bearer " + alnum[:20], "Authorization: Bearer [masked: credentials]"},
		{"-H 'authorization: basic dXNlcjpwYXNz'", "-H 'authorization: basic [masked: credentials]'"},
		{`"Authorization": "Bearer ` + alnum + `"`, `"Authorization": "Bearer [masked: credentials]"`},
		{"Authorization: " + alnum[:20], "Authorization: [masked: credentials]"},
		{"sent bearer " + alnum[:20], "sent bearer [masked: credentials]"},

		{"postgres://app:hunter@db:5432/x", "postgres://app:[masked: password]@db:5432/x"},
		{"mongodb+srv://app:p@ss@db.example.org/?w=1", "mongodb+srv://app:[masked: password]@db.example.org/?w=1"},
		{"redis://:hunter@cache", "redis://:[masked: password]@cache"},
		{"postgres://app:a/b?c#d@db", "postgres://app:[masked: password]@db"},
		{"amqp://a:p1@h1,amqp://b:p2@h2", "amqp://a:[masked: password]@h1,amqp://b:[masked: password]@h2"},
		{"<https://u:pw1@example.org|x>", "<https://u:[masked: password]@example.org|x>"},
		{"curl -s -u admin:hunter https://x", "curl -s -u admin:[masked: password] https://x"},

		{"password=hunter", "password=[masked: password]"},
		{"DB_PASSWORD=hunter2 ./run", "DB_PASSWORD=[masked: password] ./run"},
		{"password: hunter2", "password: [masked: password]"},
		{"*Password:* hunter2", "*Password:* [masked: password]"},
		{"passwd: `hunter`", "passwd: `[masked: password]`"},
		{"the password is hunter2 for now", "the password is [masked: password] for now"},
		{`password: "correct horse battery"`, `password: "[masked: password]"`},
		{`{"password":"hunter","user":"kim"}`, `{"password":"[masked: password]","user":"kim"}`},
		{`{\"password\":\"hunter\"}`, `{\"password\":\"[masked: password]"}`},
		{"pwd=hunter", "pwd=[masked: password]"},
		{"password:\u00a0hunter2", "password:\u00a0[masked: password]"},
		{"secret=abcdef", "secret=[masked: secret]"},
		{"client_secret = abcdef", "client_secret = [masked: secret]"},
		{"api_key=abcdef&x=1", "api_key=[masked: API key]&x=1"},
		{"X-API-Key: " + alnum[:20], "X-API-Key: [masked: API key]"},
		{"GET /?token=abcdef&page=2", "GET /?token=[masked: token]&page=2"},
		{"accessToken: '" + alnum[:20] + "'", "accessToken: '[masked: token]'"},
		{"secret: password: hunter2", "secret: password: [masked: password]"},
		{"login --password hunter2 --yes", "login --password [masked: password] --yes"},
		{"password=" + strings.Repeat("x1", 500) + " next", "password=[masked: password] next"},
		{"pässword=ü password=hünter ü", "pässword=ü password=[masked: password] ü"},

		{"card " + join("4111 1111", " 1111 1111") + " was charged", "card [masked: card number] was charged"},
		{join("4111-1111", "-1111-1111"), "[masked: card number]"},
		{join("41111111", "11111111"), "[masked: card number]"},
		{join("3782 822463", " 10005"), "[masked: card number]"},
		{"in 2026 " + join("4111 1111", " 1111 1111"), "in 2026 [masked: card number]"},
		{join("5555", "5555", "5555", "4444") + ".", "[masked: card number]."},
		{join("6304 0000", " 0000 0000 000"), "[masked: card number]"},
	} {
		got, found := Mask(c.text)
		if got != c.want || !found {
			t.Errorf("Mask(%q)\n got %q, %v\nwant %q", c.text, got, found, c.want)
		}
		if again, found := Mask(got); again != got || found {
			t.Errorf("masked again: %q, %v, was %q", again, found, got)
		}
	}
}

func TestMaskLeavesAlone(t *testing.T) {
	for _, text := range []string{
		"",
		"errors on checkout are up",
		"the password reset page is down",
		"password: reset",
		"password: reset it for everybody",
		"password = required for all",
		"the password is required",
		"password=required",
		"passwords: 3 leaked",
		"token expired",
		"token: expired",
		"the token is expired",
		"token: 3 retries",
		"max_tokens=4096",
		"token_count=123456",
		"token = getToken(user)",
		"token=$TOKEN",
		"token: ${{ secrets.TOKEN }}",
		"password=<password>",
		"password=****",
		"password: " + "••••••••",
		"password=null",
		"Secret: nobody knew about the job",
		`Secret: "nobody knew about the job"`,
		"token: https://docs.example.org/tokens1",
		"token: /var/run/secrets/token1",
		"secret: 2026-11-18 rotated",
		"token: v2.14.1-rc3",
		"secret: 1794956400",
		"mail kim@example.org and a.b+c@example.co.uk",
		"https://example.org:8080/@kim",
		"https://user@example.org/x",
		"https://example.org/a:b@c",
		"ssh://git@github.com:22/x",
		"git@github.com:org/repo.git",
		"postgres://app:$PASS@db",
		"postgres://app:<password>@db",
		"1794956400.000100",
		"1794956400123",
		"1794956400123456",
		"20261118103000",
		"2026-11-18 10:30:00 +0100",
		"+49 30 1234 5678 9012",
		join("<@", "175928847299117063>"),
		join("<#", "1234567890123456789>"),
		join("4111111111", "111111110"), // nineteen digits in one: an id
		join("4111 1111", " 1111 1112"), // wrong check digit
		join("id-4111", "111111111111"),
		join("41111111", "11111111.5"),
		"123e4567-e89b-12d3-a456-426614174000",
		"sha 9fceb02d0ae598e95dc970b74767f19372d61af8",
		"risk-assessment-of-the-new-payment-provider",
		"sk-learn-is-not-a-secret-of-anybody",
		"AKIA is the prefix",
		"xoxo",
		"ghp_short",
		"pypi-publish-workflow-with-attestations",
		"-----BEGIN CERTIFICATE-----",
		"-----BEGIN PUBLIC KEY-----",
		"bearer authentication is required",
		"Authorization: required",
		"Authorization header missing",
		"hooks.slack.com was down",
		"[masked: AWS key]",
		"password: [masked: password]",
		"naïve café 🔥 — \u202e x\x00",
		"\xff\xfe",
	} {
		if got, found := Mask(text); got != text || found {
			t.Errorf("Mask(%q) = %q, %v; want it left alone", text, got, found)
		}
	}
}

// Every text of 40,000 characters must be done in time; a rule that is not linear would take minutes here.
func TestMaskLongTexts(t *testing.T) {
	for _, part := range []string{
		"a", "1", "1 ", "1234 ", "4111 1111 1111 1111 ", "password", "password=", "password: ", "token:", "token is ", "secret \t", "secret=\"", "key='", "://", "a://b:", "a://b:c@",
		"a://b:c/@", "a://b:@", "eyJ", "eyJaaaaaaaaa.", "xoxb-", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "--password ", "AKIA", "MAAAAAAAAAAAAAAAAAAAAAAAAA.", "curl -u ", "curl ", "curl a:",
		"authorization: bearer ", "bearer ", ".", "discord.com/api/webhooks/", "hooks.slack.com/services/", "ü", "\xff", "[masked: ", "password=[masked: x] ",
	} {
		text := strings.Repeat(part, 40000/len(part)+1)[:40000]
		got, _ := Mask(text)
		if again, found := Mask(got); again != got || found {
			t.Errorf("%q is not masked once and for all", part)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{
		"password=hunter2", "token: `x`", "a://b:c@d", join("4111 1111", " 1111 1111"), join("xox", "b-", alnum), join("gh", "p_", alnum), "Authorization: Bearer " + alnum,
		join("ey", "J", alnum, ".", alnum, "."), join("-----BEGIN ", "PRIVATE KEY-----"), join("AK", "IA", strings.Repeat("Q7", 8)), `"password":"x y"`, "[masked: token]", "--secret a1b2c3",
		"curl -u a:b1", "\xff", "ü", "password is " + alnum,
	} {
		f.Add(s, "")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, text := range []string{a, a + b, a + " " + b} {
			got, found := Mask(text)
			if found != (got != text) {
				t.Errorf("Mask(%q) = %q, %v", text, got, found)
			}
			if again, _ := Mask(got); again != got {
				t.Errorf("Mask(%q) = %q, and again %q", text, got, again)
			}
			if utf8.ValidString(text) && !utf8.ValidString(got) {
				t.Errorf("Mask(%q) = %q cuts a character", text, got)
			}
		}
	})
}

func BenchmarkMask(b *testing.B) {
	prose := "we saw errors on checkout at 14:05, kim rolled back to 4.11. The token had expired; see https://example.org/runbook#keys. "
	for _, c := range []struct{ name, text string }{
		{"prose 250", prose[:len(prose)-1] + prose},
		{"prose 40000", strings.Repeat(prose, 40000/len(prose)+1)[:40000]},
		{"secrets 40000", strings.Repeat("password=hunter2 a://b:c@d ", 40000/27+1)[:40000]},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				Mask(c.text)
			}
		})
	}
}
