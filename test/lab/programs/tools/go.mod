// The lab's own small programs for containers; the standard library is all they need.
module sealane.dev/lab/tools

go 1.26.0
