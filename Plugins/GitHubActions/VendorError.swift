import PusherKit

/// GitHub's own words in an answer, without the tokens that an App was given.
func gitHubText(_ response: HTTPResponse) -> String {
    withoutTokens(response.json(VendorError.self)?.text ?? response.plainText)
}

/// GitHub's `basic-error` and `validation-error`.
private struct VendorError: JSONReadable {
    let message: String
    let errors: [Detail]?

    struct Detail: JSONReadable {
        let field: String?
        let code: String?
        let message: String?

        init(json fields: JSONValue) throws(JSONMismatch) {
            field = try fields.optional("field")
            code = try fields.optional("code")
            message = try fields.optional("message")
        }
    }

    var text: String {
        let details = (errors ?? []).map { [$0.field, $0.code, $0.message].compactMap { $0 }.joined(separator: " ") }
        return ([message] + details).joined(separator: "; ")
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        message = try fields.value("message")
        // Whatever shape the details have, the message is not lost over them.
        errors = try? fields.value("errors")
    }
}

/// What an App is given is not a field of the configuration, so the kit does not know it for a secret. It is known by how it
/// begins: installation tokens with `ghs_`, JSON Web Tokens with `eyJ`.
private func withoutTokens(_ text: String) -> String {
    var clean = ""
    var rest = text[...]
    while let character = rest.first {
        if rest.hasPrefix("ghs_") || rest.hasPrefix("eyJ") {
            clean += "[redacted]"
            rest = rest.drop { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
        } else {
            clean.append(character)
            rest = rest.dropFirst()
        }
    }
    return clean
}
