// The client against nginx: keep-alive, over TLS too, files of many sizes, many at once.
#include "client_test.hpp"
#include "pki.hpp"
#include "temporary_file.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace client_test;
using namespace skein;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

// A listening socket on a free port, which nginx inherits: so there is no moment at which nobody listens.
struct listener {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);  // nginx takes it as it is
    std::uint16_t port = 0;
    listener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(bind(fd, any, size) == 0);
        REQUIRE(listen(fd, 511) == 0);
        REQUIRE(getsockname(fd, any, &size) == 0);
        port = ntohs(address.sin_port);
    }
    ~listener() { close(fd); }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
};

// nginx in a folder of its own, serving its files over http and https.
class nginx {
public:
    nginx() {
        std::string pattern = (fs::temp_directory_path() / "skein-nginx-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        folder_ = pattern;
        fs::permissions(folder_, fs::perms(0755));  // its worker may be another user
        fs::create_directory(folder_ / "files");
        fs::permissions(folder_ / "files", fs::perms(0777));
        skein::test::recipe what;
        what.names.emplace_back("DNS:localhost");
        const auto leaf = skein::test::issue(what, &root_);
        write_file(folder_ / "cert.pem", skein::test::to_pem(leaf));
        write_file(folder_ / "key.pem", skein::test::key_to_pem(leaf));
        write_file(folder_ / "nginx.conf", configuration());
        start();
    }
    ~nginx() {
        kill(process_, SIGTERM);
        waitpid(process_, nullptr, 0);
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    nginx(const nginx&) = delete;
    nginx& operator=(const nginx&) = delete;

    void put(const std::string& name, const std::string& content) {
        write_file(folder_ / "files" / name, content);
    }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(plain_.port) + path;
    }
    std::string secure_url(const std::string& path) const {
        return "https://localhost:" + std::to_string(secure_.port) + path;
    }
    session_options trusting() const {
        session_options options;
        options.tls = tls_context().ca_pem(skein::test::to_pem(root_));
        options.timeout.total = 60s;
        return options;
    }

private:
    std::string configuration() const {
        return "daemon off; worker_processes 1; pid nginx.pid; error_log error.log;\n"
               "events { worker_connections 1024; }\n"
               "http { access_log off; root files; keepalive_requests 1000000; keepalive_timeout 60s;\n"
               "  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;\n"
               "  scgi_temp_path t5;\n"
               "  server { listen 127.0.0.1:" +
               std::to_string(plain_.port) +
               ";\n    location /count { return 200 \"$connection $connection_requests\"; }\n"
               "    location /moved { return 302 /count; }\n"
               "    location /put { dav_methods PUT; create_full_put_path on; client_max_body_size 0; }\n"
               "    location /small { dav_methods PUT; client_max_body_size 100k; }\n"
               "    location /gzip/ { alias files/; gzip on; gzip_types *; gzip_min_length 1; } }\n"
               "  server { listen 127.0.0.1:" +
               std::to_string(secure_.port) +
               " ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;\n"
               "    location /count { return 200 \"$connection $connection_requests\"; }\n"
               "    location /put { dav_methods PUT; create_full_put_path on; client_max_body_size 0; } "
               "}\n}\n";
    }
    void start() {
        const std::string inherited =
            "NGINX=" + std::to_string(plain_.fd) + ";" + std::to_string(secure_.fd) + ";";
        const std::string prefix = folder_.string() + "/";
        process_ = fork();
        REQUIRE(process_ >= 0);
        if (process_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        std::vector<const char*> arguments = {"nginx",        "-e", "error.log",  "-p",
                                              prefix.c_str(), "-c", "nginx.conf", nullptr};
        std::string path = "PATH=/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/sbin:/bin";
        std::vector<char*> environment = {const_cast<char*>(inherited.c_str()), path.data(), nullptr};
        execvpe(SKEIN_NGINX, const_cast<char**>(arguments.data()), environment.data());
        _exit(127);
    }

    skein::test::identity root_ = skein::test::make_root();
    listener plain_;
    listener secure_;
    fs::path folder_;
    pid_t process_ = -1;
};

// "CONNECTION REQUESTS": nginx's own count of requests on this connection.
int requests_on(const std::string& text) {
    return std::stoi(text.substr(text.find(' ') + 1));
}

}  // namespace

TEST_CASE("nginx: connections are kept, plain and over TLS") {
    nginx server;
    const auto body = [&]() -> task<> {
        client_session session(server.trusting());
        for (int i = 1; i <= 50; ++i) {
            CHECK(requests_on(co_await fetch(session, server.url("/count"))) == i);
            CHECK(requests_on(co_await fetch(session, server.secure_url("/count"))) == i);
        }
        CHECK(session.stats().connections == 2);
        CHECK(requests_on(co_await fetch(session, server.url("/moved"))) == 52);
    };
    run(body);
}

TEST_CASE("nginx: files of all sizes arrive as they are, many at once, plain and over TLS") {
    nginx server;
    std::vector<std::string> contents;
    for (const int size : {0, 1, 8191, 8192, 8193, 65535, 65536, 65537, 300'000, 3'000'000}) {
        std::string content(static_cast<std::size_t>(size), '\0');
        for (std::size_t i = 0; i < content.size(); ++i)
            content[i] = static_cast<char>(i * 31 + i / 253 + content.size());
        server.put(std::to_string(contents.size()), content);
        contents.push_back(std::move(content));
    }
    const auto body = [&]() -> task<> {
        session_options options = server.trusting();
        options.connector.limit = 16;
        client_session session(options);
        std::vector<task<std::string>> all;
        for (std::size_t i = 0; i < 200; ++i) {
            const std::string path = "/" + std::to_string(i % contents.size());
            all.push_back(fetch(session, i % 3 == 0 ? server.secure_url(path) : server.url(path)));
        }
        const auto texts = co_await gather(std::move(all));
        for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == contents[i % contents.size()]);
        CHECK(session.stats().connections <= 200);
    };
    run(body);
}

TEST_CASE("nginx: HEAD, ranges, conditions and errors") {
    nginx server;
    server.put("file", "0123456789");
    const auto body = [&]() -> task<> {
        client_session session(server.trusting());
        auto head = co_await session.head(server.url("/file"));
        CHECK(head.content_length() == 10);
        CHECK(co_await head.text() == "");
        auto part = co_await session.get(server.url("/file")).header("Range", "bytes=3-5");
        CHECK(part.status() == 206);
        CHECK(co_await part.text() == "345");
        const std::string tag(head.headers().get("ETag").value_or(""));
        auto unchanged = co_await session.get(server.url("/file")).header("If-None-Match", tag);
        CHECK(unchanged.status() == 304);
        CHECK(co_await unchanged.text() == "");
        auto missing = co_await session.get(server.url("/missing"));
        CHECK(missing.status() == 404);
        (void)co_await missing.text();
        CHECK(session.stats().connections == 1);
    };
    run(body);
}

TEST_CASE("nginx: uploads of every kind come back as they were sent, plain and over TLS") {
    nginx server;
    std::string content(3'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 + i / 253);
    const skein::test::temporary_file file(content);
    const auto body = [&]() -> task<> {
        client_session session(server.trusting());
        const auto write = [&](body_writer& out) -> task<> {
            for (std::size_t at = 0; at < content.size(); at += 70'000)
                co_await out.write(std::string_view(content).substr(at, 70'000));
        };
        int count = 0;
        const auto round_trip = [&](bool secure, body_source source, bool expects) -> task<> {
            const std::string path = "/put/" + std::to_string(++count);
            const std::string to = secure ? server.secure_url(path) : server.url(path);
            auto put = co_await session.put(to).body(std::move(source)).expect_continue(expects);
            CHECK(put.status() == 201);
            CHECK(co_await fetch(session, to) == content);
        };
        for (const bool secure : {false, true}) {
            for (const bool expects : {false, true}) {
                co_await round_trip(secure, body_source(content), expects);
                co_await round_trip(secure, body_source::file(file.path()), expects);
                co_await round_trip(secure, body_source(write), expects);
            }
        }
        CHECK(session.stats().connections == 2);
    };
    run(body);
}

TEST_CASE("nginx: an upload that is too large is refused, before it is sent or in the middle") {
    nginx server;
    const auto body = [&]() -> task<> {
        client_session session(server.trusting());
        const auto write = [&](body_writer& out) -> task<> {
            const std::string piece(10'000, 'x');
            for (;;) co_await out.write(piece);
        };
        auto in_chunks = co_await session.put(server.url("/small/1")).body(write);
        CHECK(in_chunks.status() == 413);
        auto announced = co_await session.put(server.url("/small/2")).body(write, 1'000'000'000);
        CHECK(announced.status() == 413);
        auto asked = co_await session.put(server.url("/small/3")).body(write, 200'000).expect_continue();
        CHECK(asked.status() == 413);
        CHECK(asked.report().request_bytes < 1000);
    };
    run(body);
}

TEST_CASE("nginx: what it compresses is decompressed, in memory and into a file") {
    nginx server;
    std::string content;
    for (int i = 0; content.size() < 3'000'000; ++i) content += std::to_string(i * 7919) + ", ";
    server.put("text", content);
    const auto body = [&]() -> task<> {
        client_session session;
        auto whole = co_await session.get(server.url("/gzip/text"));
        CHECK(whole.headers().get("Content-Encoding") == "gzip");
        const std::string text = co_await whole.text();
        CHECK((text == content));
        CHECK(whole.report().response_body_bytes < content.size());
        CHECK(whole.report().response_decoded_bytes == content.size());
        auto as_is = co_await session.get(server.url("/gzip/text")).decompress(false);
        CHECK_FALSE(as_is.headers().contains("Content-Encoding"));
        CHECK(as_is.content_length() == content.size());
        as_is.close();
        const auto file = fs::temp_directory_path() / ("skein-saved-" + std::to_string(::getpid()));
        auto again = co_await session.get(server.url("/gzip/text"));
        const auto size = co_await again.save_to(file);
        CHECK(size == content.size());
        CHECK(fs::file_size(file) == content.size());
        fs::remove(file);
    };
    run(body);
}
