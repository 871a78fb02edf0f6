internal import AWS
internal import Configuration
internal import JSON

/// The regions that AWS has, as far as this version of keyturn knows them. AWS adds some every year, so another one is no mistake: it is
/// used as it is written.
enum KnownRegions {
    /// Source: "AWS Regions" in the reference of AWS Account Management, and the partitions of botocore.
    private static let names: Set<String> = [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
        "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
        "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1",
        "eu-central-1", "eu-central-2", "eu-isoe-west-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1",
        "eu-west-2", "eu-west-3", "eusc-de-east-1", "il-central-1", "me-central-1", "me-south-1", "mx-central-1",
        "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1",
        "us-isob-east-1", "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2",
    ]

    /// What there is to say about a region; nil: keyturn knows it.
    static func remark(on region: String) -> String? {
        guard !names.contains(region) else { return nil }
        let near = Spelling.nearest(to: region, among: names).map { "did you mean \($0)? A region" } ?? "a region"
        return "keyturn does not know the region \(region): \(near) that AWS has added since is used as it is written"
    }
}

extension LoadedConfiguration {
    /// The regions of a user's account and of its targets, where AWS itself is asked. Stand-ins take any name.
    func regions(of user: ConfiguredUser) -> Set<String> {
        let own = account(of: user)
        var regions: Set<String> = own.endpoint == nil ? [own.region] : []
        for target in user.targets {
            guard let pusher = pushers.first(where: { $0.name == target.pusher }), let account = pusher.account,
                account.endpoint == nil, let region = (try? JSONValue(parsing: target.fields))?["region"]?.string
            else { continue }
            regions.insert(region)
        }
        return regions
    }
}
