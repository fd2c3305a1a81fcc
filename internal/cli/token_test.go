package cli

import "testing"

// A security token is used with a temporary access key only.
func TestSecurityToken(t *testing.T) {
	withoutAccess(t)
	for _, tt := range []struct {
		what, key, flag string
		env             map[string]string
		want            string
	}{
		{"none", "STS.key", "", nil, ""},
		{"of the environment", "STS.key", "", map[string]string{"ELBOW_SECURITY_TOKEN": "ours", "ALIBABA_CLOUD_SECURITY_TOKEN": "cloud"}, "ours"},
		{"of the cloud's environment", "STS.key", "", map[string]string{"ALIBABA_CLOUD_SECURITY_TOKEN": "cloud"}, "cloud"},
		{"of the flag", "STS.key", "flag", map[string]string{"ELBOW_SECURITY_TOKEN": "ours"}, "flag"},
		{"left over", "LTAI.key", "", map[string]string{"ELBOW_SECURITY_TOKEN": "ours"}, ""},
		{"asked for", "LTAI.key", "flag", nil, "flag"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			c, err := (&Access{keyID: tt.key, secret: "s", token: tt.flag}).Client()
			if err != nil {
				t.Fatal(err)
			}
			if c.Token != tt.want {
				t.Errorf("got %q, want %q", c.Token, tt.want)
			}
		})
	}
}
