import PusherKit

/// Two CI/CD variables of one project, group or instance, in one environment scope.
struct Target: Decodable, Sendable {
    let place: Place
    /// Nil for the instance, whose variables have none.
    let environmentScope: String?
    let masked: Bool?
    let protected: Bool?
    let accessKeyID: String
    let secretAccessKey: String

    enum CodingKeys: String, CodingKey {
        case project, group, instance, masked, protected
        case environmentScope = "environment-scope"
        case accessKeyID = "access-key-id"
        case secretAccessKey = "secret-access-key"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        place = try Place(fields)
        let scope = try fields.decodeIfPresent(String.self, forKey: .environmentScope)
        environmentScope = if case .instance = place { nil } else { scope ?? "*" }
        masked = try fields.decodeIfPresent(Bool.self, forKey: .masked)
        protected = try fields.decodeIfPresent(Bool.self, forKey: .protected)
        accessKeyID = try fields.decode(String.self, forKey: .accessKeyID)
        secretAccessKey = try fields.decode(String.self, forKey: .secretAccessKey)
        if environmentScope == nil && scope != nil {
            throw DecodingError.dataCorruptedError(
                forKey: .environmentScope, in: fields,
                debugDescription: "instance variables have no environment scope; leave the field out")
        }
    }

    /// Whether a variable of that scope is the target's. Where GitLab names none, it is the one for all environments.
    func matches(scope: String?) -> Bool {
        environmentScope == nil || environmentScope == scope ?? "*"
    }

    /// What messages begin with.
    func subject(_ key: String? = nil) -> String {
        let scope = environmentScope.flatMap { $0 == "*" ? nil : " (scope \($0))" } ?? ""
        return oneLine("GitLab: " + (key.map { "\($0) in " } ?? "") + place.description + scope)
    }
}
