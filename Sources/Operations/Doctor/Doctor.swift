internal import CClock
internal import Configuration
internal import Enclosure
internal import FileTrust
internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import PusherHost
internal import Secrets

/// Looks at what keyturn needs around it: its own files, kernel, clock, proxies, certificates, permissions; with or without a
/// configuration. Writes nothing.
package struct Doctor {
    private static let leastSpace: UInt64 = 100 << 20
    private static let leastFiles: rlim_t = 1_024
    /// What is answered after that is late.
    static let patience: Duration = .seconds(10)

    private let context: OperationContext

    package init(_ context: OperationContext) { self.context = context }

    /// - Parameter online: whether AWS and the services of the pushers are connected to. Nothing is asked of them.
    package func run(online: Bool) async -> [Finding] {
        var findings = [program()] + plugins() + [sandbox(), clock(), user(), files(), proxies(), certificates()]
        let loaded: LoadedConfiguration
        do { loaded = try LoadedConfiguration(context) } catch let failure as OperationFailure {
            let isAbsent = (try? Configuration.find(context.file, environment: context.environment)) == nil
            var finding = Finding("configuration", isAbsent ? .done : failure.status, failure.message)
            if isAbsent {
                finding.detail = "there is none here"
                finding.warning = "`keyturn init` writes one"
            }
            return findings + credentials([]) + [finding] + (online ? [Self.nothingAsked] : [])
        } catch {
            return findings + credentials([]) + [Finding("configuration", .failed, "\(error)")]
        }
        findings.append(Finding("configuration", .done, FileAccess.facts(of: loaded.file) ?? loaded.file))
        let accounts = [loaded.configuration.account] + loaded.users.map(\.account)
        findings += credentials(Set(accounts.map(\.profile))) + secrets(loaded) + state(loaded)
        findings += await sealKey(loaded)
        guard online else { return findings }
        let connections = await ConnectionCheck(loaded).run()
        return findings + (connections.isEmpty ? [Self.nothingAsked] : connections)
    }

    /// Where to connect to follows from users and pushers.
    private static var nothingAsked: Finding {
        var finding = Finding("connections", .done, "--online had nothing to ask")
        finding.warning = "AWS and services are asked once a configuration names users and pushers"
        return finding
    }

    private func program() -> Finding {
        let build = BuildInformation(version: context.version, installation: context.installation)
        let commit = build.commit.map { ", commit \($0.prefix(12))" } ?? ""
        let parts = [context.installation.runner, context.installation.sandbox, context.installation.conformance]
        let missing = parts.filter { !FileManager.default.isExecutableFile(atPath: $0) }
        guard missing.isEmpty else {
            return Finding(
                "keyturn", .failed,
                "\(missing.joined(separator: ", ")): missing; the installation is not complete, install keyturn again")
        }
        return Finding("keyturn", .done, "\(build.version)\(commit), in \(build.prefix)")
    }

    private func plugins() -> [Finding] {
        do {
            let entries = try PluginCatalog(context, configuration: nil).list()
            let faulty = entries.filter { entry in if case .yes = entry.pinned { false } else { true } }
            let fine = Finding("plugins", .done, "\(entries.count - faulty.count) are as they were pinned")
            return [fine]
                + faulty.map {
                    Finding(
                        "plugin \($0.id)", .notAllowed, $0.problem ?? "it is not pinned: `keyturn plugin pin \($0.id)`")
                }
        } catch let failure as OperationFailure { return [Finding("plugins", failure.status, failure.message)] } catch {
            return [Finding("plugins", .failed, "\(error)")]
        }
    }

    private func sandbox() -> Finding {
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: system.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        // What the sandbox of a pusher is made of; what else is reported, no pusher needs.
        let missing = Enclosure.missing(for: ProcessGrants()).map(\.rawValue)
        guard missing.isEmpty else {
            return Finding(
                "kernel", .failed,
                "Linux \(release) lacks \(missing.joined(separator: ", ")): pushers are not started, unless `plugins: { accept-missing: [\(missing.joined(separator: ", "))] }` accepts that"
            )
        }
        return Finding(
            "kernel", .done,
            "Linux \(release): pushers are sandboxed by \(Enclosure.report.filter(\.isThere).map(\.wall).joined(separator: ", "))"
        )
    }

    private func clock() -> Finding {
        var finding = Finding("clock", .done, "\(Moment.text(Moment.now)), as this machine has it")
        if kt_clock_is_synchronized() == 0 {
            finding.warning =
                "the kernel does not say that it is synchronized: `timedatectl` shows it. AWS refuses requests whose time is off by five minutes"
        }
        return finding
    }

    private func user() -> Finding {
        let home = context.environment["HOME"].map { ", home \($0)" } ?? ""
        return Finding("user", .done, "\(FileAccess.user(geteuid()))\(home)")
    }

    /// How many files may be open: each push has a connection.
    private func files() -> Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return Finding("open files", .done, "the limit is not known")
        }
        var finding = Finding("open files", .done, "\(min(limit.rlim_cur, 1 << 30)) at most")
        if limit.rlim_cur < Self.leastFiles {
            finding.warning =
                "fewer than \(Self.leastFiles) make pushes wait for each other: raise it with `ulimit -n` or LimitNOFILE"
        }
        return finding
    }

    private func proxies() -> Finding {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        let found = names.compactMap { name in
            context.environment[name].flatMap { $0.isEmpty ? nil : "\(name)=\(Self.withoutPassword($0))" }
        }
        return Finding("proxy", .done, found.isEmpty ? "none" : found.joined(separator: ", "))
    }

    /// A proxy's URL without what signs in there.
    static func withoutPassword(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let scheme = text[..<at].firstRange(of: "://").map { String(text[..<$0.upperBound]) } ?? ""
        return "\(scheme)…@\(text[text.index(after: at)...])"
    }

    private func credentials(_ profiles: Set<String?>) -> [Finding] {
        CredentialsCheck(environment: context.environment).findings(profiles)
    }

    private func certificates() -> Finding {
        guard let file = TrustStore.effectiveFile else {
            return Finding("certificates", .failed, TrustStore.missing)
        }
        return Finding("certificates", .done, "the authorities in \(file) are trusted")
    }

    private func secrets(_ loaded: LoadedConfiguration) -> [Finding] {
        let sealKeys = Set(
            loaded.configuration.sealKeys.compactMap { source -> String? in
                if case .kept(let reference) = source { reference.path } else { nil }
            })
        return Set(loaded.secretReferences.compactMap(\.path)).sorted().map { path in
            // As commands that read it.
            switch TrustedFile.problem(of: path) {
            case .unreadable(let reason): return Finding("secret", .configuration, "\(path) cannot be read: \(reason)")
            case .untrusted(let problem): return Finding("secret", .notAllowed, problem)
            case nil: break
            }
            if sealKeys.contains(path), let exposure = loaded.exposure(ofSealKey: path) {
                return Finding("secret", .notAllowed, exposure)
            }
            let facts = FileAccess.facts(of: path) ?? path
            var finding = Finding("secret", .done, facts)
            finding.warning = FileAccess.exposure(path)
            return finding
        }
    }

    /// Which seal keys the files have, and whether they are the state's. A server is not connected to.
    private func sealKey(_ loaded: LoadedConfiguration) async -> [Finding] {
        let state = StateAccess(loaded, for: .looking)
        let named: String?
        do { named = try await state.namedSealKeyFiles() } catch {
            return [Finding("seal key", .configuration, OperationFailure.words(error))]
        }
        // What is wrong with a file's mode or owner was said above.
        guard loaded.configuration.state.file != nil, let names = named else { return [] }
        guard let doubt = await state.doubtAboutSealKey() else { return [Finding("seal key", .done, names)] }
        return [Finding("seal key", .configuration, doubt)]
    }

    private func state(_ loaded: LoadedConfiguration) -> [Finding] {
        guard let directory = loaded.stateDirectory, let file = loaded.configuration.state.file else {
            return [Finding("state", .done, loaded.configuration.state.place)]
        }
        if let obstacle = StateAccess.obstacle(loaded) { return [Finding("state", obstacle.status, obstacle.message)] }
        var space = statvfs()
        guard statvfs(directory, &space) == 0 else {
            return [Finding("state", .configuration, "\(directory): \(String(cString: strerror(errno)))")]
        }
        var finding = Finding("state", .done, FileAccess.facts(of: file) ?? "\(file), which is made when it is needed")
        let free = UInt64(space.f_bavail) * UInt64(space.f_frsize)
        if free < Self.leastSpace { finding.warning = "only \(free >> 20) MiB are free on its file system" }
        return [finding]
    }
}
