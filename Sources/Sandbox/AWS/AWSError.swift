import FoundationEssentials

/// The XML namespaces by which clients know whose reply it is.
enum AWSNamespace {
    static let iam = "https://iam.amazonaws.com/doc/2010-05-08/"
    static let sts = "https://sts.amazonaws.com/doc/2011-06-15/"
}

/// A refusal in AWS's own terms.
struct AWSError: Error {
    let code: String
    let status: Int
    let message: String

    static func forbidden(_ code: String, _ message: String) -> AWSError {
        AWSError(code: code, status: 403, message: message)
    }

    static func conflict(_ code: String, _ message: String) -> AWSError {
        AWSError(code: code, status: 409, message: message)
    }

    static func noSuchEntity(_ message: String) -> AWSError {
        AWSError(code: "NoSuchEntity", status: 404, message: message)
    }

    static func validation(_ message: String) -> AWSError {
        AWSError(code: "ValidationError", status: 400, message: message)
    }

    /// AWS says the same for an unknown key, a deleted, an inactive and one that it has not heard of yet.
    static let invalidToken = forbidden(
        "InvalidClientTokenId", "The security token included in the request is invalid.")

    func reply(namespace: String) -> Reply {
        let id = Random.uuid()
        let type = status < 500 ? "Sender" : "Receiver"
        let error = XML.element("Error", [("Type", type), ("Code", code), ("Message", message)])
        let text =
            "<ErrorResponse xmlns=\"\(namespace)\">\(error)<RequestId>\(id)</RequestId></ErrorResponse>"
        return Reply.text(status, text, type: "text/xml").adding([("x-amzn-RequestId", id)])
    }
}

/// The little XML that the AWS Query protocol needs.
enum XML {
    static func element(_ name: String, _ fields: [(name: String, value: String)]) -> String {
        "<\(name)>" + fields.map { "<\($0.name)>\(escape($0.value))</\($0.name)>" }.joined() + "</\(name)>"
    }

    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;")
            .replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }
}
