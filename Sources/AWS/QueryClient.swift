internal import Rotation
internal import Secrets

/// Calls of AWS's Query protocol: POST of a form, XML back.
struct QueryClient: Sendable {
    var client: SignedClient

    /// - Parameter credentials: nil: the call is not signed.
    func call(
        _ service: Service, _ action: String, _ parameters: [(String, String)], as credentials: Credentials?,
        _ repeatability: Repeatability = .safe
    ) async throws(AWSError) -> XMLElement {
        guard case .query(let version) = service.wire else {
            preconditionFailure("\(service.name) does not talk the Query protocol")
        }
        let form = ([("Action", action), ("Version", version)] + parameters)
            .map { "\(Self.escape($0.0))=\(Self.escape($0.1))" }.joined(separator: "&")
        let call = SignedClient.Call(
            service: service, action: action,
            fields: [(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")],
            body: .text(form),
            repeatability: repeatability)
        let reply = try await client.answer(to: call, as: credentials) { reply in
            AWSReply.error(in: reply, action, signedWith: credentials?.pair.id.rawValue ?? "")
        }
        return try AWSReply.document(in: reply, action)
    }

    private static func escape(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
