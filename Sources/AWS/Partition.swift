/// A partition of AWS: accounts, endpoints and signing regions do not cross it.
///
/// Hosts and signing regions are those of AWS's "IAM endpoints and quotas" and "AWS STS endpoints and quotas".
public enum Partition: String, Sendable, CaseIterable {
    case aws
    case china = "aws-cn"
    case govCloud = "aws-us-gov"

    /// The partition that a region lies in.
    public init(region: String) {
        if region.hasPrefix("cn-") {
            self = .china
        } else if region.hasPrefix("us-gov-") {
            self = .govCloud
        } else {
            self = .aws
        }
    }

    /// IAM is one service for the whole partition, and signs in this region.
    public var iamRegion: String {
        switch self {
        case .aws: "us-east-1"
        case .china: "cn-north-1"
        case .govCloud: "us-gov-west-1"
        }
    }

    /// The base URL of IAM.
    public var iamEndpoint: String {
        switch self {
        case .aws: "https://iam.amazonaws.com"
        case .china: "https://iam.cn-north-1.amazonaws.com.cn"
        case .govCloud: "https://iam.us-gov.amazonaws.com"
        }
    }

    /// The base URL of a service that each region has, in a region of this partition.
    func endpoint(of service: Service, region: String) -> String {
        "https://\(service.name).\(region).amazonaws.com\(self == .china ? ".cn" : "")"
    }
}
