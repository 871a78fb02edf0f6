// A plugin's entry function is declared in the header: whoever imports the kit needs nothing else to implement it.
@_exported public import CKeyturnPusher
