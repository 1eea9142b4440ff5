// Requests as curl command lines: what is on them, that a shell gives back what was quoted, and that secrets
// are masked.
#include <skein/skein.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

using namespace skein;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view part) {
    const bool found = text.find(part) != std::string::npos;
    if (!found) MESSAGE("\"" << part << "\" is not in: " << text);
    return found;
}

/// What a shell prints.
std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe != nullptr);
    std::string text;
    std::array<char, 4096> block;
    for (std::size_t count; (count = std::fread(block.data(), 1, block.size(), pipe.get())) != 0;)
        text.append(block.data(), count);
    return text;
}

/// The arguments that curl would get, each in brackets.
std::string arguments_of(const std::string& line) {
    return output_of("curl() { printf '[%s]' \"$@\"; }; " + line);
}

/// What curl would read from its standard input.
std::string input_of(const std::string& line) {
    return output_of("curl() { cat; }; " + line);
}

}  // namespace

TEST_CASE("where connections go instead, and where they come from, is on the line") {
    session_options options;
    options.connector.family = address_family::ipv4;
    options.connector.local_address = ip_address("10.0.0.7");
    options.connector.hosts = {{"example.org:81", {ip_address("10.0.0.1"), ip_address("fd00::1")}},
                               {"Example.ORG", {ip_address("10.0.0.2")}}};
    CHECK(contains(client_session(options).get("http://example.org:81/").to_curl(),
                   " --ipv4 --interface 10.0.0.7 --resolve 'example.org:81:10.0.0.1,fd00::1' "));
    CHECK(contains(client_session(options).get("http://example.org/").to_curl(), "example.org:80:10.0.0.2"));
    CHECK_FALSE(client_session(options).get("http://other.org/").to_curl().find("--resolve") !=
                std::string::npos);
    options.connector.unix_socket = "/run/a b.sock";
    CHECK(contains(client_session(options).get("http://example.org/").to_curl(),
                   " --unix-socket '/run/a b.sock' "));
    options.connector.unix_socket = "@name";
    CHECK(contains(client_session(options).get("http://example.org/").to_curl(),
                   " --abstract-unix-socket 'name' "));
}

TEST_CASE("a plain GET has the session's headers, and follows redirects as the session does") {
    session_options options;
    options.default_headers.append("X-Team", "it's \"us\"; $(rm) `x` \\");
    options.max_redirects = 4;
    options.decompress = false;
    client_session session(options);
    const std::string line = session.get("http://example.org/a?b=c d#part").to_curl();
    CHECK(line.starts_with("curl --location --max-redirs 4 "));
    CHECK(arguments_of(line) ==
          "[--location][--max-redirs][4][--header][X-Team: it's \"us\"; $(rm) `x` \\][--header][Accept: */*]"
          "[--header][User-Agent: skein/" +
              std::string(line.substr(line.find("skein/") + 6, 5)) + "][http://example.org/a?b=c%20d]");
}

TEST_CASE("methods, limits, TLS and odd URLs") {
    session_options options;
    options.tls = tls_context::insecure();
    client_session session(options);
    CHECK(contains(session.head("http://a.test/").to_curl(), "curl --head --compressed"));
    CHECK(contains(session.del("http://a.test/").to_curl(), "--request 'DELETE'"));
    CHECK(contains(session.get("http://a.test/").timeout(1500ms).to_curl(), "--max-time 1.5 "));
    CHECK(contains(session.get("https://a.test/").to_curl(), "--http1.1 --insecure"));
    CHECK(session.get("https://a.test/").tls(tls_context()).to_curl().find("--insecure") ==
          std::string::npos);
    CHECK(contains(session.get("http://a.test/").to_curl(), " --compressed --header"));
    CHECK(contains(session.get("http://a.test/").to_curl(), "--header 'Accept-Encoding: gzip"));
    const std::string as_it_is = session.get("http://a.test/").decompress(false).to_curl();
    CHECK(as_it_is.find("--compressed") == std::string::npos);
    CHECK(as_it_is.find("Accept-Encoding") == std::string::npos);
    CHECK(contains(session.get("http://[::1]/").to_curl(), "--globoff"));
    CHECK(session.get("http://a.test/").follow_redirects(false).to_curl().find("--location") ==
          std::string::npos);
    CHECK(contains(session.get("http://a.test/").header("X-Empty", "").to_curl(), "--header 'X-Empty;'"));
}

TEST_CASE("bodies are given as they are, whatever is in them") {
    client_session session;
    const std::string nasty = "@file 'quoted' \"double\" $HOME\nline %s \\n \xff";
    const std::string line = session.post("http://a.test/").body(nasty).to_curl();
    CHECK(contains(arguments_of(line), "[--header][Content-Type:][--data-raw][" + nasty + "]"));
    CHECK(line.find("--request") == std::string::npos);
    CHECK(contains(session.post("http://a.test/").to_curl(), "--data-raw ''"));
    const std::string put = session.put("http://a.test/").json(nlohmann::json("x")).to_curl();
    CHECK(contains(put, "--request 'PUT'"));
    CHECK(contains(put, "--header 'Content-Type: application/json'"));
    CHECK(put.find("Content-Type:'") == std::string::npos);
    CHECK(
        contains(session.put("http://a.test/").body(std::string(5000, 'x')).to_curl(), "--header 'Expect:'"));

    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const std::string binary = session.post("http://a.test/").body(bytes).to_curl();
    CHECK(contains(binary, "--data-binary @-"));
    CHECK(input_of(binary) == bytes);
}

TEST_CASE("secrets are masked unless asked for") {
    client_session session;
    session.cookies().set(url("http://a.test/"), "jar", "hidden1");
    const auto request = [&] {
        return session.get("http://user:hidden2@a.test/")
            .cookie("own", "hidden3")
            .header("X-Api-Key", "hidden4");
    };
    const std::string masked = request().to_curl();
    CHECK(masked.find("hidden") == std::string::npos);
    CHECK(masked.find("aGlkZGVu") == std::string::npos);
    CHECK(contains(masked, "'Authorization: Basic ***'"));
    CHECK(contains(masked, "'Cookie: jar=***; own=***'"));
    CHECK(contains(masked, "'X-Api-Key: ***'"));
    const std::string open = request().to_curl(true);
    CHECK(contains(open, "'Authorization: Basic dXNlcjpoaWRkZW4y'"));
    CHECK(contains(open, "'Cookie: jar=hidden1; own=hidden3'"));
    CHECK(contains(open, "'X-Api-Key: hidden4'"));
    CHECK(contains(open, " 'http://a.test/'"));
}

TEST_CASE("a request that was sent has no command line") {
    client_session session;
    auto request = session.get("http://a.test/");
    const auto moved = std::move(request);
    CHECK_THROWS_AS((void)request.to_curl(), std::logic_error);
    CHECK(contains(moved.to_curl(), "curl "));
}

TEST_CASE("the proxy that the URL goes through, its login hidden unless asked for") {
    session_options options;
    options.proxy = "http://user:p'w@proxy.test:3128";
    options.no_proxy = "direct.test";
    client_session session(options);
    const auto shown = session.get("https://example.test/").to_curl();
    CHECK(contains(shown, " --proxy 'http://proxy.test:3128' --proxy-user '***:***'"));
    CHECK(shown.find("p'w") == std::string::npos);
    CHECK(contains(arguments_of(session.get("https://example.test/").to_curl(true)),
                   "[--proxy-user][user:p'w]"));
    CHECK(contains(session.get("http://direct.test/").to_curl(), " --noproxy '*'"));
    CHECK(contains(session.get("http://example.test/").proxy(proxy::none()).to_curl(), " --noproxy '*'"));
    CHECK(contains(session.get("http://example.test/").proxy("socks5h://[::1]").to_curl(),
                   " --proxy 'socks5h://[::1]:1080'"));
    const auto insecure = proxy("https://proxy.test").tls(tls_context::insecure());
    CHECK(contains(session.get("http://example.test/").proxy(insecure).to_curl(),
                   " --proxy 'https://proxy.test:443' --proxy-insecure"));
    const auto own =
        session.get("http://example.test/").header("Proxy-Authorization", "Bearer secret").to_curl();
    CHECK(contains(own, " --proxy-header 'Proxy-Authorization: Bearer ***'"));
    CHECK(own.find(" --header 'Proxy-Authorization") == std::string::npos);
    CHECK(client_session().get("http://example.test/").to_curl().find("proxy") == std::string::npos);
}
