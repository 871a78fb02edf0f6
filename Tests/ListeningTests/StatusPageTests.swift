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
        let other = try #require(page.range(of: "<h3>fine-0</h3>"))
        #expect(problem.lowerBound < other.lowerBound)
        #expect(page.contains("<details class=\"user bad\" open>"))
        #expect(page.contains("1 user needs</a>") == false)
        #expect(page.contains("1 user needs attention</a>"))
        #expect(page.contains("<title>keyturn: 1 need attention</title>"))
        // Among many, those that are fine have a line each.
        #expect(page.contains("<details class=\"user\" open>") == false)
    }

    @Test("shows few users in full")
    func few() {
        let page = Sample.page([Sample.user("a"), Sample.user("b")])
        #expect(page.components(separatedBy: "<details class=\"user\" open>").count == 3)
        #expect(page.contains("nobody needs attention"))
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
        #expect(page.contains("And 301 more: <code>keyturn status --verbose --user a</code>"))
    }

    @Test("stays bounded however many users and targets there are")
    func bounded() {
        let targets = (0..<200).map { Sample.delivery("t:\($0)", "confirmed") }
        let users = (0..<500).map { Sample.user("u\($0)", deliveries: targets) }
        let page = Sample.page(users)
        #expect(page.components(separatedBy: "<th scope=\"row\">t:").count == 10_001)
        #expect(page.contains("<h3>u499</h3>"))
    }
}
