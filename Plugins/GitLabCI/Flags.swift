/// How variables are shown and handed out, as far as the target says.
struct Flags: Sendable {
    let masked: Bool?
    let protected: Bool?
    let hidden: Bool?
    let raw: Bool?

    init(_ fields: KeyedDecodingContainer<Target.CodingKeys>, _ place: Place, _ shape: Shape) throws {
        masked = try fields.decodeIfPresent(Bool.self, forKey: .masked)
        protected = try fields.decodeIfPresent(Bool.self, forKey: .protected)
        hidden = try fields.decodeIfPresent(Bool.self, forKey: .hidden)
        raw = try fields.decodeIfPresent(Bool.self, forKey: .raw)
        func fail(_ key: Target.CodingKeys, _ reason: String) -> DecodingError {
            DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: reason)
        }
        if shape.isFile, masked == true || hidden == true {
            let name = hidden == true ? "hidden" : "masked"
            throw fail(
                .masked,
                "\(name): true cannot go with shape: credentials-file, for GitLab masks only values of one line")
        }
        guard hidden == true else { return }
        if masked == false { throw fail(.hidden, "what is hidden is masked too; leave masked: false out") }
        if case .instance = place { throw fail(.hidden, "variables of the instance cannot be hidden") }
    }
}
