internal import CSodium

/// The library that seals, signs and hashes.
public enum SodiumLibrary {
    /// `1.0.18`, as it is linked at this moment.
    public static var version: String { String(cString: sodium_version_string()) }
}
