extension CredentialsFile {
    /// More profiles than that are not listed.
    private static let mostProfiles = 200

    /// The profiles of a file that hold a key ID of AWS, in their order; none where it is not a credentials file. A profile that is there
    /// twice is left out: AWS's tools do not read such a file.
    public static func profiles(in file: SecretBytes) -> [(name: String, keyID: String)] {
        file.withBytes { bytes in
            var found: [(name: String, keyID: String)] = []
            var names: [String] = []
            var current: String?
            for line in IniLine.lines(of: bytes) where names.count < mostProfiles {
                switch line.kind {
                case .stray: return []
                case .header:
                    let name = String(decoding: line.name, as: UTF8.self)
                    // A second section of the name is not a profile of its own.
                    current = names.contains(name) ? nil : name
                    if names.contains(name) { found.removeAll { $0.name == name } }
                    names.append(name)
                case .setting:
                    guard let name = current, isKeyID(line.name) else { continue }
                    let ids = SecretBytes(copying: UnsafeRawBufferPointer(rebasing: line.value)).accessKeyIDs
                    if ids.count == 1 { found.append((name, ids[0])) }
                default: continue
                }
            }
            return found
        }
    }

    private static func isKeyID(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        name.lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }.elementsEqual("aws_access_key_id".utf8)
    }
}
