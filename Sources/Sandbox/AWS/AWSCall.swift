import FoundationEssentials

/// One call of the AWS Query protocol: an action, its parameters, and who makes it.
struct AWSCall: Sendable {
    let action: String
    let parameters: [String: String]
    let caller: String
    let now: Date

    func required(_ name: String) throws(AWSError) -> String {
        guard let value = parameters[name], !value.isEmpty else {
            let member = name.prefix(1).lowercased() + name.dropFirst()
            throw .validation(
                "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        return value
    }

    /// IAM takes the caller's own name where none is given.
    var userName: String { parameters["UserName"] ?? caller }

    /// The page that `MaxItems` and `Marker` ask for, and the marker of the next one.
    func page<Element>(_ all: [Element]) throws(AWSError) -> (items: [Element], marker: String?) {
        let text = parameters["MaxItems"] ?? "100"
        guard let size = Int(text), (1...1000).contains(size) else {
            throw .validation(
                "1 validation error detected: Value '\(text)' at 'maxItems' failed to satisfy constraint: "
                    + "Member must have value between 1 and 1000")
        }
        var start = 0
        if let marker = parameters["Marker"] {
            guard let offset = Self.offset(of: marker), offset <= all.count else {
                throw .validation("Invalid Marker.")
            }
            start = offset
        }
        let items = Array(all.dropFirst(start).prefix(size))
        let end = start + items.count
        return (items, end < all.count ? Self.marker(at: end) : nil)
    }

    private static func marker(at offset: Int) -> String { Data("offset:\(offset)".utf8).base64EncodedString() }

    private static func offset(of marker: String) -> Int? {
        guard let data = Data(base64Encoded: marker) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return text.hasPrefix("offset:") ? Int(text.dropFirst(7)) : nil
    }
}
