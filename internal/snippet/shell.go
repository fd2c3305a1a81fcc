package snippet

import (
	"net/url"
	"strings"
)

// quoteShell quotes a value for a POSIX shell.
func quoteShell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// commandLine joins words, one per line.
func commandLine(words ...string) string { return strings.Join(words, " \\\n  ") + "\n" }

// elbowCall is a call with the program itself.
func elbowCall(c Call) string {
	words := []string{"elbow call " + c.Action + " --endpoint " + c.Scheme() + "://" + quoteShell(c.Host)}
	for _, p := range joined(c.Params) {
		value := quoteShell(p.Value)
		switch {
		case p.File != "":
			value = "@" + p.File
		case p.Env != "":
			value = `"$` + p.Env + `"`
		}
		name, _, _ := strings.Cut(p.Name, ".") // of a list: Name.1, Name.2 and so on
		words = append(words, "--"+name+" "+value)
	}
	return commandLine(words...)
}

// joined merges the members of a list item, Name.1.Key and Name.1.Value, to one
// value with an equals sign in between.
func joined(params []Param) (all []Param) {
	for _, p := range params {
		item, last := p.Name[:strings.LastIndexByte(p.Name, '.')+1], len(all)-1
		switch {
		case strings.Count(item, ".") < 2:
			all = append(all, p)
		case last >= 0 && all[last].Name == item:
			all[last].Value += "=" + p.Value
		default:
			all = append(all, Param{Name: item, Value: p.Value})
		}
	}
	return all
}

// aliyunCLI is a call with the command line of the public cloud. --force makes it
// send operations and parameters that its own tables do not have.
func aliyunCLI(c Call) string {
	secure := "--insecure"
	if c.TLS {
		secure = "--secure"
	}
	words := []string{
		"aliyun " + strings.ToLower(c.Product) + " " + c.Action,
		"--version " + c.Version + " --endpoint " + quoteShell(c.Host) + " " + secure + " --force",
		`--mode AK --region local`,
		`--access-key-id "$ALIBABA_CLOUD_ACCESS_KEY_ID" --access-key-secret "$ALIBABA_CLOUD_ACCESS_KEY_SECRET"`,
	}
	for _, p := range c.Params {
		value := quoteShell(p.Value)
		switch {
		case p.File != "":
			value = `"$(cat ` + p.File + `)"`
		case p.Env != "":
			value = `"$` + p.Env + `"`
		}
		words = append(words, "--"+p.Name+" "+value)
	}
	return commandLine(words...)
}

// curl is a call signed in the shell, with ACS3-HMAC-SHA256.
func curl(c Call) string {
	var body []string
	for _, p := range c.Params {
		value := strings.ReplaceAll(url.QueryEscape(p.Value), "+", "%20")
		const escape = `od -An -v -tx1 | tr -d '\n' | tr ' ' %)` // each byte as %xx
		switch {
		case p.File != "":
			value = `$(cat ` + p.File + ` | ` + escape
		case p.Env != "":
			value = `$(printf %s "$` + p.Env + `" | ` + escape
		}
		body = append(body, url.QueryEscape(p.Name)+"="+value)
	}
	return strings.NewReplacer(
		"{host}", c.Host, "{url}", c.Scheme()+"://"+c.Host+"/", "{action}", c.Action, "{version}", c.Version,
		"{body}", strings.Join(body, "&"),
	).Replace(curlScript)
}

const curlScript = `body="{body}"
hash=$(printf %s "$body" | openssl dgst -sha256 -r | cut -d' ' -f1)
fields="content-type:application/x-www-form-urlencoded
host:{host}
x-acs-action:{action}
x-acs-content-sha256:$hash
x-acs-date:$(date -u +%Y-%m-%dT%H:%M:%SZ)
x-acs-signature-nonce:$(openssl rand -hex 16)
x-acs-version:{version}"
names=$(printf '%s\n' "$fields" | cut -d: -f1 | paste -sd ';' -)
request=$(printf 'POST\n/\n\n%s\n\n%s\n%s' "$fields" "$names" "$hash" | openssl dgst -sha256 -r | cut -d' ' -f1)
signature=$(printf 'ACS3-HMAC-SHA256\n%s' "$request" |
  openssl dgst -sha256 -r -hmac "$ALIBABA_CLOUD_ACCESS_KEY_SECRET" | cut -d' ' -f1)
printf '%s\n' "$fields" | curl -sS {url} --data-binary "$body" -H @- -H \
  "Authorization: ACS3-HMAC-SHA256 Credential=$ALIBABA_CLOUD_ACCESS_KEY_ID,SignedHeaders=$names,Signature=$signature"
`
