internal import JSON
internal import PusherHost

/// What a plugin's library is made of, as CycloneDX has it (ECMA-424, JSON).
enum BillOfMaterials {
    /// Versions of the form that are taken from authors.
    private static let knownVersions = ["1.5", "1.6", "1.7"]

    /// Whether these bytes are such a document.
    static func isValid(_ bytes: [UInt8]) -> Bool {
        guard let json = JSONValue(parsing: bytes) else { return false }
        return json["bomFormat"]?.string == "CycloneDX" && knownVersions.contains(json["specVersion"]?.string ?? "")
    }

    /// What can be known of a library without its author: its name, its hash and the libraries that are loaded with it. Without a time
    /// or a serial number, so that the same library gives the same document.
    static func make(_ plugin: Plugin, _ library: SealedLibrary) -> JSONValue {
        let manifest = plugin.manifest
        let reference = "\(manifest.id)@\(manifest.version)"
        let needed = (library.needs?.libraries ?? []).sorted()
        let hash: JSONValue = ["alg": "SHA-256", "content": .string(library.hash)]
        var component: [String: JSONValue] = [
            "type": "library", "bom-ref": .string(reference), "name": .string(manifest.id),
            "version": .string(manifest.version), "description": .string(manifest.summary), "hashes": .array([hash]),
        ]
        if let name = manifest.json["license"]?.string {
            let license: JSONValue = ["license": ["name": .string(name)]]
            component["licenses"] = .array([license])
        }
        let components = needed.map { name -> JSONValue in
            ["type": "library", "bom-ref": .string("system:\(name)"), "name": .string(name)]
        }
        let dependency: JSONValue = [
            "ref": .string(reference), "dependsOn": .array(needed.map { .string("system:\($0)") }),
        ]
        return [
            "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX",
            "specVersion": "1.5", "version": 1, "metadata": ["component": .object(component)],
            "components": .array(components), "dependencies": .array([dependency]),
        ]
    }
}
