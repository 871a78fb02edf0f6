/// How ARNs are written that have parts which the configuration does not say.
struct ARNStyle {
    /// The region of the CloudFormation stack whose template the ARNs are for; nil: they are for a policy, in which the account is `*`.
    var stackRegion: String?

    /// - Parameters:
    ///   - region: empty where the service has none.
    ///   - resource: what comes after the account.
    func arn(_ partition: String, _ service: String, _ region: String, _ resource: String) -> String {
        guard let stackRegion else { return "arn:\(partition):\(service):\(region):*:\(resource)" }
        let place = region == stackRegion ? "${AWS::Region}" : Self.escaped(region)
        return "arn:${AWS::Partition}:\(service):\(place):${AWS::AccountId}:\(Self.escaped(resource))"
    }

    /// Whether CloudFormation has to fill something in: `Fn::Sub`.
    static func isTemplate(_ text: String) -> Bool { text.contains("${AWS::") }

    /// What `Fn::Sub` leaves as it is.
    private static func escaped(_ text: String) -> String { text.replacing("${", with: "${!") }
}
