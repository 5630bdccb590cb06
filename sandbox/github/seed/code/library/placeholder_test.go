package placeholder

import "testing"

func TestName(t *testing.T) {
	if Name() != "placeholder" {
		t.Error("the library has forgotten its name")
	}
}
