import PusherKit

extension GitHubActions {
    /// The pusher's fields: a token, or a GitHub App.
    struct Configuration: JSONReadable {
        private let token: SecretBytes?
        private let endpoint: Endpoint?
        private let appID: PlaceName?
        private let installationID: Int?
        private let privateKey: SecretBytes?

        init(json fields: JSONValue) throws(JSONMismatch) {
            token = try fields.optional("token")
            endpoint = try fields.optional("endpoint")
            appID = try fields.optional("app-id")
            installationID = try fields.optional("installation-id")
            privateKey = try fields.optional("private-key")
        }

        func checkedEndpoint() throws(PushFailure) -> Endpoint {
            guard let endpoint = endpoint ?? Endpoint(Endpoint.gitHub) else {
                throw PushFailure(.internal, "GitHub: no endpoint")
            }
            if let complaint = endpoint.complaint { throw PushFailure(.invalidConfiguration, "GitHub: \(complaint)") }
            return endpoint
        }

        func credential(_ endpoint: Endpoint) throws(PushFailure) -> Credential {
            switch (token, appID, privateKey) {
            case (let token?, nil, nil):
                guard token.isVisibleASCII, token.count > 0 else {
                    throw wrong("the token is empty, or has blanks or line ends in it")
                }
                guard installationID == nil else { throw wrong("installation-id belongs to app-id, not to token") }
                return .token(token)
            case (nil, let appID?, let privateKey?):
                guard !appID.text.isEmpty else { throw wrong("app-id is empty") }
                guard let key = SigningKey(privateKey) else {
                    throw wrong(
                        "private-key is not an RSA private key in PEM, or an encrypted one: make one in the App's settings"
                    )
                }
                return .app(App(issuer: appID.text, installation: installationID, key: key, endpoint: endpoint))
            default:
                throw wrong("give token, or app-id and private-key of a GitHub App, not both")
            }
        }

        private func wrong(_ why: String) -> PushFailure {
            PushFailure(.invalidConfiguration, "GitHub: \(why)")
        }
    }
}
