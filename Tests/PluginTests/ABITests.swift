import CKeyturnPusher
import Testing

/// What holds for every plugin, at the border itself.
@Suite struct ABITests {
    /// A plugin with a target of it, and the first request of a push.
    struct Plugin: Sendable, CustomTestStringConvertible {
        let name: String
        let id: String
        let target: String
        let service: String

        var library: PluginLibrary {
            get throws {
                switch name {
                case "TravisCI": try .travis
                case "GitLabCI": try .gitlab
                default: try .github
                }
            }
        }
        var testDescription: String { name }
    }

    static let names = #""access-key-id":"ID","secret-access-key":"SECRET""#
    static let plugins = [
        Plugin(
            name: "TravisCI", id: "travis-ci", target: #"{"repository":"acme/app",\#(names)}"#, service: "Travis CI"),
        Plugin(name: "GitLabCI", id: "gitlab-ci", target: #"{"project":"acme/app",\#(names)}"#, service: "GitLab"),
        Plugin(
            name: "GitHubActions", id: "github-actions", target: #"{"repository":"acme/app",\#(names)}"#,
            service: "GitHub"),
    ]

    @Test(arguments: plugins) func `the table says what the manifest says`(plugin: Plugin) throws {
        let library = try plugin.library
        let table = try #require(library.entry(nil)).pointee
        #expect(table.size == MemoryLayout<kt_pusher>.size)
        #expect(text(table.id) == plugin.id)
        #expect(text(table.version) == "1.0.0")
        #expect(!text(table.summary).isEmpty)
        #expect(text(table.manifest) == (try library.manifestFile))
        #expect(library.entry(nil) == library.entry(nil))
    }

    @Test(arguments: plugins) func `a host without requests cannot open a pusher`(plugin: Plugin) throws {
        let missing = HostSession.Shape(missing: [KT_SERVICE_HTTP_1])
        #expect(try HostSession(plugin.library, shape: missing).openOutcome == KT_UNSUPPORTED)
        let shortHost = HostSession.Shape(hostSize: 16)
        #expect(try HostSession(plugin.library, shape: shortHost).openOutcome == KT_UNSUPPORTED)
        let shortService = HostSession.Shape(httpSize: 8)
        let session = try HostSession(plugin.library, shape: shortService)
        #expect(session.openOutcome == KT_UNSUPPORTED)
        #expect(session.report?.message == "\(plugin.id) needs the host service kt.http/1")
    }

    @Test(arguments: plugins) func `a host without log and clock is enough`(plugin: Plugin) throws {
        let shape = HostSession.Shape(missing: [KT_SERVICE_LOG_1, KT_SERVICE_CLOCK_1])
        let session = try HostSession(plugin.library, shape: shape)
        session.push(plugin.target, [.status(500)]).expect(KT_RETRYABLE, plugin.service)
    }

    @Test(arguments: plugins) func `a host of a later version is read as far as it is known`(plugin: Plugin) throws {
        let shape = HostSession.Shape(
            hostSize: 4_096, httpSize: 256, callSize: 512, responseSize: 1_024, targetSize: 4_096)
        let session = try HostSession(plugin.library, shape: shape)
        #expect(session.openOutcome == KT_OK)
        session.push(plugin.target, [.status(500)]).expect(KT_RETRYABLE, plugin.service)
    }

    @Test(arguments: plugins) func `fields that a struct does not cover are left alone`(plugin: Plugin) throws {
        let noReport = try HostSession(plugin.library, shape: .init(callSize: 16)).push(plugin.target, [.status(500)])
        #expect(noReport.outcome == KT_RETRYABLE && noReport.report == nil)
        let noBody = try HostSession(plugin.library, shape: .init(responseSize: 16)).push(plugin.target, [.status(500)])
        noBody.expect(KT_RETRYABLE, plugin.service, "500")
        let noError = try HostSession(plugin.library, shape: .init(responseSize: 4)).push(plugin.target, [.status(200)])
        noError.expect(KT_INTERNAL, plugin.service)
        let noFields = try HostSession(plugin.library, shape: .init(targetSize: 24)).push(plugin.target, [])
        noFields.expect(KT_INTERNAL, "the host gave no target")
    }

    @Test(
        arguments: plugins,
        [
            "", "{", "[]", "7", "{}", #"{"token":7}"#, #"{"token":""}"#, #"{"token":"a\nb"}"#,
            #"{"token":"abcdef","endpoint":"example.com"}"#,
            #"{"token":"abcdef","endpoint":"https://u:p@example.com"}"#,
            #"{"token":"abcdef","endpoint":"https://example.com?x"}"#, #"{"token":"abcdef","endpoint":"https:///"}"#,
            "\u{0}",
        ]
    )
    func `a configuration that cannot work does not open`(plugin: Plugin, configuration: String) throws {
        let session = try HostSession(plugin.library, configuration: configuration)
        #expect(session.openOutcome == KT_INVALID_CONFIG)
        #expect(session.report?.message.isEmpty == false)
    }

    @Test(arguments: plugins, ["", "{", "[]", "{}", #"{"repository":{},"project":[]}"#, "null"])
    func `a target that cannot work sends nothing`(plugin: Plugin, target: String) throws {
        let end = try HostSession(plugin.library).push(target, [.status(200)])
        #expect(end.outcome == KT_INVALID_CONFIG)
        #expect(end.requests.isEmpty)
    }

    @Test(arguments: plugins) func `an endpoint may have a path and a slash at its end`(plugin: Plugin) throws {
        let configuration = #"{"token":"\#(HostSession.token)","endpoint":"https://ci.example.com:8443/base/"}"#
        let end = try HostSession(plugin.library, configuration: configuration).push(plugin.target, [.status(500)])
        let url = try #require(end.requests.first?.url)
        #expect(url.hasPrefix("https://ci.example.com:8443/base/"))
        #expect(!url.dropFirst(8).contains("//"))
    }

    @Test(arguments: plugins) func `a pair without a key sends nothing`(plugin: Plugin) throws {
        let end = try HostSession(plugin.library).push(plugin.target, [.status(200)], secret: "")
        #expect(end.outcome == KT_INTERNAL)
        #expect(end.requests.isEmpty)
    }
}
