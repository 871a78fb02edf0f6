import Foundation
import Rotation
import Testing

@testable import Listening

@Suite("The status page")
struct StatusPageTests {
    @Test("has problems first, opened, whatever their place in the configuration")
    func problemsFirst() throws {
        let fine = (0..<20).map { Sample.user("fine-\($0)") }
        let page = Sample.page(fine + [Sample.user("stuck", .delivering, problem: "it is stuck"), Sample.user("last")])
        let problem = try #require(page.range(of: "<h3>stuck</h3>"))
        let other = try #require(page.range(of: ">fine-0</a>"))
        #expect(problem.lowerBound < other.lowerBound)
        #expect(page.contains("<details class=\"user bad\" open>"))
        #expect(page.contains("1 user needs</a>") == false)
        #expect(page.contains("1 user needs attention</a>"))
        #expect(page.contains("<title>keyturn: 1 needs attention</title>"))
        // Among many, those that are fine have a line each.
        #expect(page.contains("<details class=\"user\" open>") == false)
    }

    @Test("counts targets of the configuration before anything was pushed there")
    func untouched() {
        var user = Sample.user("new", deliveries: [])
        user.targets = 2
        #expect(Sample.page([user]).contains("2 targets: nothing was pushed there yet."))
        user.targets = 0
        #expect(!Sample.page([user]).contains("nothing was pushed there yet"))
    }

    @Test("shows few users in full")
    func few() {
        let page = Sample.page([Sample.user("a"), Sample.user("b")])
        #expect(page.components(separatedBy: "<details class=\"user\" open>").count == 3)
        #expect(page.contains("no user needs attention"))
    }

    @Test("escapes whatever comes from outside, wherever it stands")
    func escaping() {
        let evil = "\"><script>alert('x')</script>&\u{202E}\u{0}"
        let user = Sample.user(
            evil, .delivering, problem: evil,
            deliveries: [Sample.delivery(evil, "failed", detail: evil), Sample.delivery("b", evil)])
        let page = Sample.page([user])
        #expect(!page.contains("<script"))
        #expect(!page.contains("alert('x')"))
        #expect(!page.unicodeScalars.contains("\u{202E}"))
        #expect(!page.unicodeScalars.contains("\u{0}"))
        #expect(page.contains("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\u{FFFD} "))
    }

    @Test("marks where a rotation stands in its life cycle, also in words")
    func bar() {
        let page = Sample.page([Sample.user("a", .overlap)])
        #expect(
            page.contains(
                "<li class=\"here\" aria-current=\"step\"><span aria-hidden=\"true\">●</span> <span class=\"words\">now: </span>overlap</li>"
            ))
        #expect(page.contains("<span class=\"words\">done: </span>delivering"))
        #expect(page.contains("<span class=\"words\">to come: </span>soak"))
    }

    @Test("lists targets in trouble before the others, and no more than a page holds")
    func manyTargets() throws {
        let targets = (0..<500).map { Sample.delivery("t:\($0)", "confirmed") } + [Sample.delivery("t:bad", "failed")]
        let page = Sample.page([Sample.user("a", .delivering, problem: "p", deliveries: targets)])
        let bad = try #require(page.range(of: ">t:bad<"))
        let good = try #require(page.range(of: ">t:0<"))
        #expect(bad.lowerBound < good.lowerBound)
        #expect(page.contains("501 targets: 1 failed, 500 confirmed"))
        #expect(page.contains("And 301 more: <code>keyturn status --verbose a</code>"))
    }

    @Test("stays bounded however many users and targets there are")
    func bounded() {
        let targets = (0..<200).map { Sample.delivery("t:\($0)", "confirmed") }
        let users = (0..<500).map { Sample.user("u\($0)", deliveries: targets) }
        let page = Sample.page(
            users.map { user in
                var user = user
                user.phase = .overlap
                return user
            })
        #expect(page.components(separatedBy: "<th scope=\"row\">t:").count == 10_001)
        #expect(page.contains("<h3>u499</h3>"))
        // Those that are idle have a line each, and their targets a page of their own.
        let idle = Sample.page(users)
        #expect(!idle.contains("<th scope=\"row\">t:"))
        #expect(idle.contains("<a href=\"/user/u499\">u499</a>"))
    }

    @Test("has leaks and outages before everything else")
    func alarms() throws {
        var leaking = Sample.user("leaking")
        leaking.leaks = (1, 1)
        var cut = Sample.user("cut")
        cut.cutOffTargets = 2
        let page = Sample.page([Sample.user("stuck", .delivering, problem: "it is stuck"), cut, leaking])
        let alarm = try #require(page.range(of: "id=\"alarm\""))
        let attention = try #require(page.range(of: "id=\"attention\""))
        #expect(alarm.lowerBound < attention.lowerBound)
        #expect(page.contains("<title>keyturn: LEAK OR OUTAGE</title>") && page.contains("2 leaks or outages"))
        #expect(page.contains("LEAKED KEY STILL ACTIVE") && page.contains("<code>keyturn revoke leaking --now</code>"))
        #expect(page.contains("2 targets hold a key that does not work"))
    }

    @Test("puts users with the same cause into one entry")
    func causes() {
        let users = (0..<40).map { index in
            Sample.user(
                "u\(index)", .delivering, problem: "late",
                deliveries: [
                    Sample.delivery(
                        "github:acme/\(index)", "failed", detail: "GitHub: acme/\(index): 401 (Bad credentials)")
                ])
        }
        let page = Sample.page(
            users + [
                Sample.user(
                    "other", .delivering, problem: "late", deliveries: [Sample.delivery("x:y", "failed", detail: "no")])
            ])
        #expect(page.contains("<h3>40 users</h3> <span class=\"phase\">github: 401 (Bad credentials)</span>"))
        #expect(page.contains("<h3>other</h3>") && !page.contains("<h3>u7</h3>"))
        #expect(page.contains("<a href=\"/user/u7\">u7</a>"))
    }

    @Test("shows what the form asks for, and the form shows it")
    func filter() {
        let users = [
            Sample.user("alpha", .overlap), Sample.user("beta"), Sample.user("gamma", .delivering, problem: "p"),
        ]
        func page(_ query: [String: String]) -> String { Sample.page(users, PageFilter(query)) }
        #expect(page(["q": "ALPH"]).contains("<h3>alpha</h3>") && !page(["q": "ALPH"]).contains("<h3>beta</h3>"))
        #expect(page(["q": "acme/beta"]).contains("<h3>beta</h3>"))
        #expect(
            page(["show": "rotating"]).contains("<h3>alpha</h3>")
                && !page(["show": "rotating"]).contains("<h3>beta</h3>"))
        #expect(!page(["show": "attention"]).contains("<h3>alpha</h3>"))
        #expect(page(["show": "attention"]).contains("<option value=\"attention\" selected>"))
        #expect(page(["q": "nothing"]).contains("No user matches."))
        #expect(page(["q": "\"><b>"]).contains("value=\"&quot;&gt;&lt;b&gt;\""))
        #expect(page(["refresh": "30"]).contains("<meta http-equiv=\"refresh\" content=\"30\">"))
        for nonsense in ["1", "-5", "x", "99999"] {
            #expect(!page(["refresh": nonsense]).contains("http-equiv=\"refresh\""))
        }
        #expect(page(["show": "everything", "pusher": "github"]).contains("No user matches."))
    }

    @Test("says what is between backticks as code, and an open one as it is")
    func prose() {
        #expect(
            HTML.prose("it is <b>; `keyturn retry a&b` tries").text
                == "it is &lt;b&gt;; <code>keyturn retry a&amp;b</code> tries")
        #expect(HTML.prose("`a` and `b`").text == "<code>a</code> and <code>b</code>")
        #expect(HTML.prose("a lone ` stays").text == "a lone ` stays")
        #expect(HTML.sentence("did you mean a?").text == "did you mean a?", "it has its mark already")
        #expect(HTML.sentence("it ends").text == "it ends.")
    }

    @Test("ends a problem with a full stop before it says since when", arguments: ["it is stuck", "it is stuck."])
    func since(_ problem: String) {
        var user = Sample.user("a", .delivering, problem: problem)
        user.problemSince = Timestamp(milliseconds: 7)
        #expect(
            Sample.page([user]).contains(
                "it is stuck. <span class=\"since\">Since <time datetime=\"T7\">T7</time>.</span>"))
    }

    @Test("of one user offers what its state allows, and nothing else")
    func orders() throws {
        var user = Sample.user("a")
        user.orders = [.retry, .forget]
        let page = try #require(UserPage(Sample.snapshot([user]), Sample.times, user: "a", [], PageFilter())).text
        #expect(page.contains("keyturn retry a") && page.contains("keyturn forget a --reason REASON"))
        #expect(!page.contains("keyturn rotate") && !page.contains("keyturn rollback"))
        user.orders = []
        let bare = try #require(UserPage(Sample.snapshot([user]), Sample.times, user: "a", nil, PageFilter())).text
        #expect(!bare.contains("What to type") && bare.contains("The history cannot be read now."))
    }

    @Test("waits for `retry` only where that is what helps")
    func blocked() {
        var user = Sample.user("a", .overlap, problem: "p")
        (user.next.due, user.next.action) = (nil, "blocked")
        #expect(Sample.page([user]).contains("next: nothing, until the problem is resolved"))
        user.problemCode = "rolled-back"
        #expect(Sample.page([user]).contains("next: nothing, until <code>keyturn retry a</code>"))
    }

    @Test("says until when a freeze holds a user")
    func freeze() {
        var user = Sample.user("a")
        user.frozenUntil = Timestamp(milliseconds: 9)
        #expect(Sample.page([user]).contains("(freeze until <time datetime=\"T9\">T9</time>)"))
        #expect(!Sample.page([Sample.user("a")]).contains("freeze"))
    }

    @Test("of one message has the way back, and is asked for again like any other")
    func message() {
        let page = MessagePage("No such user", "there is no <b>", PageFilter(["refresh": "30"])).text
        #expect(page.contains("<a href=\"/\">All users</a>") && page.contains("<h1>No such user</h1>"))
        #expect(page.contains("there is no &lt;b&gt;.") && page.contains("http-equiv=\"refresh\" content=\"30\""))
    }

    @Test("of one user has its history, escaped, and the commands with its name")
    func user() throws {
        let lines = [UserPage.Line(at: "T2", sentence: "rotation 7 is complete <b>", by: "keyturn run on ci")]
        let times = Sample.times
        var user = Sample.user("a b")
        user.orders = [.retry]
        let page = try #require(
            UserPage(Sample.snapshot([user]), times, user: "a b", lines, PageFilter())
        ).text
        #expect(page.contains("rotation 7 is complete &lt;b&gt;") && page.contains("<code>keyturn retry a b</code>"))
        #expect(UserPage(Sample.snapshot([]), times, user: "a", [], PageFilter()) == nil)
        #expect(
            UserPage.user(at: "/user/a%20b") == "a b" && UserPage.user(at: "/users") == nil
                && UserPage.user(at: "/user/%ZZ") == nil)
        #expect(Sample.page((0..<9).map { Sample.user("a b\($0)") }).contains("href=\"/user/a%20b3\""))
    }
}
