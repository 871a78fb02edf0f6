import PusherKit

/// Where a pair goes: CI/CD variables of one project, group or instance, in one environment scope.
struct Target: Decodable, Sendable {
    let place: Place
    /// Nil for the instance, whose variables have none.
    let environmentScope: String?
    let shape: Shape
    let flags: Flags

    enum CodingKeys: String, CodingKey {
        case project, group, instance, shape, profile, masked, protected, hidden, raw
        case environmentScope = "environment-scope"
        case accessKeyID = "access-key-id"
        case secretAccessKey = "secret-access-key"
        case credentialsFile = "credentials-file"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        place = try Place(fields)
        let scope = try fields.decodeIfPresent(String.self, forKey: .environmentScope)
        environmentScope = if case .instance = place { nil } else { scope ?? "*" }
        shape = try Shape(fields)
        flags = try Flags(fields, place, shape)
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
