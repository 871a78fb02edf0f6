import PusherKit

/// How variables are shown and handed out, as far as the target says.
struct Flags: Sendable {
    let masked: Bool?
    let protected: Bool?
    let hidden: Bool?
    let raw: Bool?

    /// For asking about a place.
    init() { (masked, protected, hidden, raw) = (nil, nil, nil, nil) }

    init(_ fields: JSONValue, _ place: Place, _ shape: Shape) throws(JSONMismatch) {
        masked = try fields.optional("masked")
        protected = try fields.optional("protected")
        hidden = try fields.optional("hidden")
        raw = try fields.optional("raw")
        if shape.isFile, masked == true || hidden == true {
            let name = hidden == true ? "hidden" : "masked"
            throw fields.wrong(
                "masked",
                "\(name): true cannot be combined with shape: credentials-file, for GitLab masks only values of one line"
            )
        }
        guard hidden == true else { return }
        if masked == false { throw fields.wrong("hidden", "what is hidden is masked too; leave masked: false out") }
        if case .instance = place { throw fields.wrong("hidden", "variables of the instance cannot be hidden") }
    }
}
