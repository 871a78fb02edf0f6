internal import CKeyturnPusher

/// The version of the plugin ABI that this keyturn speaks, from the header.
public enum PluginABI {
    /// `1.0`
    public static var version: String { "\(KT_ABI_MAJOR).\(KT_ABI_MINOR)" }
}
