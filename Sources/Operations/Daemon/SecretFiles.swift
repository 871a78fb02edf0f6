internal import Configuration
internal import Glibc

/// The files in which pushers' secrets are kept, as they were when they were last looked at.
struct SecretFiles: Sendable {
    /// What distinguishes one content from another without reading it. Links are followed: Kubernetes exchanges those that lead to a token.
    private struct Stamp: Hashable {
        var device: dev_t
        var file: ino_t
        var size: off_t
        var seconds: Int
        var nanoseconds: Int

        /// Nil: it is not there.
        init?(_ path: String) {
            var attributes = stat()
            guard stat(path, &attributes) == 0 else { return nil }
            (device, file, size) = (attributes.st_dev, attributes.st_ino, attributes.st_size)
            (seconds, nanoseconds) = (attributes.st_mtim.tv_sec, attributes.st_mtim.tv_nsec)
        }
    }

    private var stamps: [(path: String, stamp: Stamp?)]

    /// The files of these pushers, as they are now.
    init(of pushers: [ConfiguredPusher]) {
        let paths = pushers.flatMap(\.secretReferences).compactMap { reference in
            if case .file(let path) = reference.source { path } else { nil }
        }
        stamps = Set(paths).sorted().map { ($0, Stamp($0)) }
    }

    var isEmpty: Bool { stamps.isEmpty }

    /// The first file that is another one than at the last look; nil: none is.
    mutating func changed() -> String? {
        let now = stamps.map { ($0.path, Stamp($0.path)) }
        defer { stamps = now }
        return zip(stamps, now).first { $0.stamp != $1.1 }?.0.path
    }
}
