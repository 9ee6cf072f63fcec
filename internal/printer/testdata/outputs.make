push_name := localhost:5000/it's <b>
n := 1
a_list := [1,"a",[]]
none := 
big := 123456789012345678901234567890
_2nd := {"z":true,"a":"yes"}
define lines
one
two

endef
_1 := 
