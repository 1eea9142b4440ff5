// netrc through the public API: which file counts, and which host is told what.
#include "sweep.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include <unistd.h>

using namespace simulation;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A folder with one file in it, as long as this.
class temporary_file {
public:
    explicit temporary_file(const std::string& text)
        : folder_(fs::temp_directory_path() / ("skein-netrc-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
        std::ofstream(path()) << text;
        open_to(fs::perms::owner_read | fs::perms::owner_write);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { fs::remove_all(folder_); }

    void open_to(fs::perms who) const { fs::permissions(path(), who); }
    fs::path path() const { return folder_ / ".netrc"; }
    const fs::path& folder() const { return folder_; }

private:
    fs::path folder_;
};

/// A variable of the environment, as long as this.
class variable {
public:
    variable(const char* name, const std::string& value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        set(value);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { set(old_); }

private:
    void set(const std::optional<std::string>& value) const {
        if (value && !value->empty())
            ::setenv(name_, value->c_str(), 1);
        else
            ::unsetenv(name_);
    }
    const char* name_;
    std::optional<std::string> old_;
};

const char* const three_hosts =
    "machine a.test login a password 1\n"
    "machine b.test login b password 2\n"
    "machine ::1 login six password 3\n";
const std::string a_1 = "Basic YTox";
const std::string b_2 = "Basic Yjoy";
const std::string six_3 = "Basic c2l4OjM=";

/// What servers were told, "HOST AUTHORIZATION" each; /to/HOST[:PORT] there is a redirect to that host.
using log = std::vector<std::string>;

task<> serve(server_stream& client, const std::string& host, log& told) {
    for (;;) {
        const std::string head = co_await client.read_until("\r\n\r\n");
        const auto at = head.find("Authorization: ");
        told.push_back(host + " " +
                       (at == head.npos ? "-" : head.substr(at + 15, head.find("\r\n", at) - at - 15)));
        std::string target = target_of(head);
        if (!target.starts_with("/to/")) {
            co_await client.write(response("here"));
            continue;
        }
        target.erase(0, 4);
        const auto rest = std::min(target.find('/'), target.size());
        co_await client.write("HTTP/1.1 302 See\r\nLocation: http://" + target.substr(0, rest) +
                              target.substr(rest) + "\r\nContent-Length: 0\r\n\r\n");
    }
}

/// What servers are told by a request to that URL.
log told(const session_options& options, const std::string& url, const char* bearer = nullptr) {
    log all;
    skein::testing::run([&]() -> task<> {
        for (const std::string host : {"a.test", "b.test", "c.test", "::1"})
            for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}})
                this_network().listen(host, port,
                                      [&all, host](server_stream& c) { return serve(c, host, all); });
        client_session session(options);
        auto request = session.get(url);
        if (bearer != nullptr) request.bearer(bearer);
        auto got = co_await std::move(request);
        co_await got.read();
    });
    return all;
}

session_options with(const fs::path& file) {
    session_options options;
    options.netrc = file;
    return options;
}

session_options with_netrc_of_user() {
    session_options options;
    options.trust_netrc = true;
    return options;
}

template <class Error>
std::string refusal(const session_options& options) {
    try {
        client_session session(options);
    } catch (const Error& e) {
        return e.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("netrc: each host gets what is its own, and others nothing") {
    const temporary_file file(three_hosts);
    CHECK(told(with(file.path()), "http://a.test/") == log{"a.test " + a_1});
    CHECK(told(with(file.path()), "http://B.TEST:81/") == log{"b.test " + b_2});
    CHECK(told(with(file.path()), "http://[0::1]/") == log{"::1 " + six_3});
    CHECK(told(with(file.path()), "http://c.test/") == log{"c.test -"});
    CHECK(told(session_options(), "http://a.test/") == log{"a.test -"});
}

TEST_CASE("netrc: it is looked at again for each hop of a redirect, and nothing is taken along") {
    const temporary_file file(three_hosts);
    CHECK(told(with(file.path()), "http://a.test/to/a.test/to/b.test/to/c.test/to/a.test:81/x") ==
          log{"a.test " + a_1, "a.test " + a_1, "b.test " + b_2, "c.test -", "a.test " + a_1});
    auto options = with(file.path());
    options.redirect_safe_headers.emplace_back("Authorization");  // the caller's, that is
    CHECK(told(options, "http://a.test/to/c.test/") == log{"a.test " + a_1, "c.test -"});
}

TEST_CASE("netrc: what request, URL or session say of themselves comes first, and only at their origin") {
    const temporary_file file(three_hosts);
    const auto options = with(file.path());
    CHECK(told(options, "http://a.test/to/b.test/", "t") == log{"a.test Bearer t", "b.test " + b_2});
    CHECK(told(options, "http://u:p@a.test/to/a.test/to/b.test/to/a.test/") ==
          log{"a.test Basic dTpw", "a.test Basic dTpw", "b.test " + b_2, "a.test " + a_1});
    auto own = options;
    own.default_headers.append("Authorization", "Bearer s");
    CHECK(told(own, "http://a.test/to/c.test/") == log{"a.test Bearer s", "c.test -"});
}

TEST_CASE("netrc: a default is for every other host") {
    const temporary_file file("machine a.test login a password 1\ndefault login b password 2\n");
    CHECK(told(with(file.path()), "http://a.test/to/c.test/") == log{"a.test " + a_1, "c.test " + b_2});
}

TEST_CASE("netrc: the environment names the file, or it is in the user's folder; it may be missing there") {
    const temporary_file file(three_hosts);
    const auto options = with_netrc_of_user();
    const variable home("HOME", file.folder().string());
    {
        const variable named("NETRC", file.path().string());
        CHECK(told(options, "http://a.test/") == log{"a.test " + a_1});
    }
    {
        const variable none("NETRC", "/dev/null");
        CHECK(told(options, "http://a.test/") == log{"a.test -"});
    }
    const variable unnamed("NETRC", "");
    CHECK(told(options, "http://a.test/") == log{"a.test " + a_1});
    const variable elsewhere("HOME", (file.folder() / "nobody").string());
    CHECK(told(options, "http://a.test/") == log{"a.test -"});
    const variable homeless("HOME", "");
    CHECK(told(options, "http://a.test/") == log{"a.test -"});
}

TEST_CASE(
    "netrc: passwords that others may read are refused in the user's own file, not in one that is named") {
    const temporary_file file(three_hosts);
    const variable home("HOME", file.folder().string());
    const variable unnamed("NETRC", "");
    for (const fs::perms other : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
        file.open_to(fs::perms::owner_read | fs::perms::owner_write | other);
        const auto what = refusal<skein::error>(with_netrc_of_user());
        CHECK(what.find(file.path().string()) != what.npos);
        CHECK(what.find("chmod 600") != what.npos);
        CHECK(told(with(file.path()), "http://a.test/") == log{"a.test " + a_1});
    }
    const temporary_file harmless("machine a.test login anonymous\n");
    harmless.open_to(fs::perms::owner_read | fs::perms::others_read);
    CHECK(refusal<skein::error>(with_netrc_of_user()) == "none");
}

TEST_CASE("netrc: a file that is named and cannot be read, or is broken, is an error of the session's") {
    CHECK(refusal<std::system_error>(with("/nowhere/netrc")).find("/nowhere/netrc") != std::string::npos);
    CHECK(refusal<std::system_error>(with("/")).find("cannot read /") != std::string::npos);
    const temporary_file broken("machine a.test\nlogin a passwort secret\n");
    const auto what = refusal<skein::error>(with(broken.path()));
    CHECK(what.find("line 2") != what.npos);
    CHECK(what.find("secret") == what.npos);
}
