// Link fields, well-formed and otherwise.
#include <skein/web_link.hpp>

#include <doctest/doctest.h>

#include <string>

using skein::web_link;

namespace {

const skein::url base("https://api.test/items?page=2");

std::vector<web_link> parse(std::initializer_list<std::string_view> values) {
    skein::headers fields;
    for (const auto value : values) fields.append("Link", value);
    return web_link::parse(fields, base);
}

/// "TARGET REL REL name=value; ..." for comparison.
std::string text_of(const std::vector<web_link>& links) {
    std::string out;
    for (const auto& one : links) {
        out += one.target.str();
        for (const auto& rel : one.relations) out += " " + rel;
        for (const auto& [name, value] : one.parameters)
            out.append(" ").append(name).append("=").append(value);
        out += "\n";
    }
    return out;
}

}  // namespace

TEST_CASE("links are resolved, and have their relations and parameters") {
    const auto links =
        parse({"<?page=3>; rel=\"next\", <https://other.test/>;rel=\"Last  start\";title=\"a, b; c\"",
               "</x>; rel=preload; as=style; crossorigin"});
    CHECK(text_of(links) ==
          "https://api.test/items?page=3 next\n"
          "https://other.test/ last start title=a, b; c\n"
          "https://api.test/x preload as=style crossorigin=\n");
    CHECK(links[1].has_relation("LAST"));
    CHECK_FALSE(links[1].has_relation("las"));
    CHECK(links[2].parameter("as") == "style");
    CHECK_FALSE(links[2].parameter("title").has_value());
}

TEST_CASE("only the first rel counts, and one that is a URI is a relation") {
    CHECK(text_of(parse({"<a>; rel=one; rel=two, <b>; rel=\"http://rel.test/x next\""})) ==
          "https://api.test/a one\nhttps://api.test/b http://rel.test/x next\n");
}

TEST_CASE("what cannot be read is passed over, and what follows it is not lost") {
    CHECK(text_of(parse({"<http://[bad>; rel=x; t=\"<no>, \", <ok>; rel=y"})) == "https://api.test/ok y\n");
    CHECK(text_of(parse({"<a> junk; rel=x, <b>"})) == "https://api.test/a\nhttps://api.test/b\n");
    CHECK(text_of(parse({",, <a>;;;rel=x;=;\t rel = y,,"})) == "https://api.test/a x\n");
    CHECK(text_of(parse({"<a>; rel=\"unterminated, <b>"})) == "https://api.test/a\n");
    CHECK(text_of(parse({"<>; rel=self"})) == "https://api.test/items?page=2 self\n");
    for (const auto* nothing : {"", "<", "<a", "a>; rel=x", "rel=x", ">", "\"<a>\""})
        CHECK(parse({nothing}).empty());
}

TEST_CASE("reading takes time in proportion, however strange the field") {
    std::string strange;
    for (int i = 0; i < 10'000; ++i) strange += "<a>;;=\"";
    CHECK(parse({strange}).size() <= 10'000);
    CHECK(parse({std::string(60'000, '<')}).empty());
    CHECK(parse({std::string(60'000, ',')}).empty());
}
