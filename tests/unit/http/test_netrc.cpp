// The syntax of netrc.
#include "http/netrc.hpp"

#include <skein/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using skein::http::netrc;

namespace {

// "login:password" for the host; "none" if there is no entry.
std::string found(std::string_view text, std::string_view host = "a.test") {
    const netrc read(text);
    const auto* entry = read.find(host);
    return entry != nullptr ? entry->login + ":" + entry->password : "none";
}

// The message of the refusal.
std::string fault(std::string_view text) {
    try {
        const netrc read(text);
    } catch (const skein::error& e) {
        return e.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("an entry on one line, on several, with words in any order") {
    CHECK(found("machine a.test login me password secret") == "me:secret");
    CHECK(found("machine a.test\n\tpassword secret\n\tlogin me\n") == "me:secret");
    CHECK(found("machine\na.test\nlogin\nme\npassword\nsecret") == "me:secret");
    CHECK(found("machine a.test login me account x password secret\r\n") == "me:secret");
    CHECK(found("\xef\xbb\xbfmachine a.test login me") == "me:");
    CHECK(found("machine a.test user me passwd secret") == "me:secret");
    CHECK(found("") == "none");
}

TEST_CASE("the first entry that names the host counts, else the default") {
    const std::string text =
        "machine b.test login b password 1\n"
        "machine A.test login first password 2\n"
        "machine a.test login second password 3\n"
        "default login anyone password 4\n";
    CHECK(found(text) == "first:2");
    CHECK(found(text, "c.test") == "anyone:4");
    CHECK(found("default login anyone\nmachine a.test login me password p\n") == "me:p");
    CHECK(found("machine a.test login me", "www.a.test") == "none");
    CHECK(found("machine www.a.test login me") == "none");
    CHECK(found("machine ::1 login me", "::1") == "me:");
}

TEST_CASE("an entry is taken whole: no other completes it") {
    CHECK(found("machine a.test login me\ndefault login x password secret") == "me:");
    CHECK(found("machine a.test\ndefault login x password secret") == "none");
    CHECK(found("machine a.test password token") == ":token");
    CHECK(found("default") == "none");
}

TEST_CASE("quotes keep blanks, and have escapes") {
    CHECK(found("machine a.test login \"m e\" password \"a \\\"b\\\" \\\\ #c\"") == "m e:a \"b\" \\ #c");
    CHECK(found("machine a.test login me password \"\"") == "me:");
    CHECK(found("machine a.test login me password pa\"ss") == "me:pa\"ss");
}

TEST_CASE("a # begins a comment where a keyword would stand, and nowhere else") {
    CHECK(found("# machine x\nmachine a.test # login you\nlogin me #\n#\npassword #sec#ret # x") ==
          "me:#sec#ret");
    CHECK(found("#") == "none");
}

TEST_CASE("macros are skipped, up to an empty line") {
    CHECK(found("macdef init\ncd /pub\nmachine a.test login x\n\nmachine a.test login me") == "me:");
    CHECK(found("machine a.test login me macdef m\nls\n\npassword p") == "me:p");
    CHECK(found("machine a.test login me\nmacdef m\r\nls\r\n\r\npassword p") == "me:p");
    CHECK(found("machine a.test login me\nmacdef m\nls") == "me:");
}

TEST_CASE("what is no netrc is refused with the line, and without a word of it") {
    CHECK(fault("machine a.test\nlogin me pasword secret") == "netrc, line 2: a word that is no keyword");
    CHECK(fault("login me password secret").find("line 1: a login, password or account before the first") !=
          std::string::npos);
    CHECK(fault("machine").find("no name") != std::string::npos);
    CHECK(fault("\nmachine a.test login").find("line 2: there is no login") != std::string::npos);
    CHECK(fault("machine \"\" login x").find("is empty") != std::string::npos);
    CHECK(fault("machine a.test password \"sec\nret\"").find("line 1: a quote has no end") !=
          std::string::npos);
    CHECK(fault("machine a.test login \"a\\nX\"").find("a control character") != std::string::npos);
    CHECK(fault(std::string("machine a.test login me password se\0cret", 41)).find("a control character") !=
          std::string::npos);
    CHECK(fault("machine a.test login m:e").find("a colon") != std::string::npos);
    for (const char* text :
         {"secret", "machine a.test password secret more", "machine a.test login secret:x"})
        CHECK(fault(text).find("secret") == std::string::npos);
}
