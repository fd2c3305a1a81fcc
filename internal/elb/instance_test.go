package elb

import "testing"

func TestAddressInID(t *testing.T) {
	for id, want := range map[string]string{
		"i-10-0-3-7": "10.0.3.7", "eni-10-0-3-7": "10.0.3.7", "i-0-0-0-0": "0.0.0.0", "i-255-255-255-255": "255.255.255.255",
		"i-10-0-3": "", "i-10-0-3-7-1": "", "i-10-0-3-256": "", "i-10-0-3-07": "", "i-10-0-3-": "", "i-10-0--7": "", "i-10-0-3-+7": "",
		"i-a-b-c-d": "", "10-0-3-7": "", "x-10-0-3-7": "", "i-": "", "": "", "i-10.0.3.7": "", "i-web-1": "",
	} {
		got, ok := AddressInID(id)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", id, got, ok, want)
		}
	}
}

func TestInterfaceOfInstance(t *testing.T) {
	for id, want := range map[string]string{"i-web-1": "eni-web-1", "eni-2": "eni-2"} {
		if got := (&Instance{ID: id}).Interface(); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
}
