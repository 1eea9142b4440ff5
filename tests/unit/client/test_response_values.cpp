// What the fields of a response say in structured form.
#include "response_fixture.hpp"

using namespace skein;
using namespace skein::response_test;

SKEIN_TEST_CASE("type, charset, disposition, links and cookies of a response") {
    site server;
    server.answers["/a/b"] = response(
        "Content-Type: Text/HTML; charset=\"UTF-8\"\r\n"
        "Content-Disposition: attachment; filename=\"x.bin\"\r\n"
        "Link: <c>; rel=next, </d>; rel=\"prev first\"\r\n"
        "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=\"2\"; Max-Age=0\r\nSet-Cookie: a=3\r\n",
        "");
    server.answers["/none"] = response("", "");
    server.answers["/two"] = response(
        "Content-Disposition: attachment; filename=a\r\nContent-Disposition: attachment; filename=b\r\n", "");
    client_session session;
    const auto got = co_await session.get(at("/a/b"));
    CHECK(got.content_type() == "text/html");
    CHECK(got.charset() == "utf-8");
    REQUIRE(got.content_disposition());
    CHECK(got.content_disposition()->filename == "x.bin");
    CHECK(got.links().size() == 2);
    CHECK(got.link("next")->str() == at("/a/c"));
    CHECK(got.link("First")->str() == at("/d"));
    CHECK_FALSE(got.link("last"));
    const std::vector<std::pair<std::string, std::string>> cookies = {{"a", "1"}, {"b", "\"2\""}, {"a", "3"}};
    CHECK(got.cookies() == cookies);

    const auto none = co_await session.get(at("/none"));
    CHECK(none.content_type().empty());
    CHECK_FALSE(none.charset());
    CHECK_FALSE(none.content_disposition());
    CHECK(none.links().empty());
    CHECK(none.cookies().empty());
    const auto two = co_await session.get(at("/two"));
    CHECK_FALSE(two.content_disposition());
}
