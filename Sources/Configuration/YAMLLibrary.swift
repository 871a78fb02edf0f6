internal import CYAML

/// The library that reads YAML.
public enum YAMLLibrary {
    /// `0.2.5`, as it is linked at this moment.
    public static var version: String { String(cString: yaml_get_version_string()) }
}
