#include "io/udp_socket.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::io {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

struct Received {
  std::string text;
  Endpoint local;
  Endpoint remote;
};

class UdpSocketTest : public testing::Test {
 protected:
  std::unique_ptr<UdpSocket> open(const char* ip, std::optional<Received>* received = nullptr,
                                  std::optional<Received>* unreachable = nullptr) {
    auto socket = UdpSocket::bind(
        loop_, {address(ip), 0},
        {.on_datagram =
             [this, received](ByteView bytes, const Endpoint& local, const Endpoint& remote) {
               if (received != nullptr) *received = {std::string(as_text(bytes)), local, remote};
               loop_.stop();
             },
         .on_unreachable =
             [this, unreachable](const Endpoint& remote, ByteView quoted) {
               if (unreachable != nullptr)
                 *unreachable = {std::string(as_text(quoted)), {}, remote};
               loop_.stop();
             }});
    EXPECT_TRUE(socket) << socket.error().message;
    return std::move(*socket);
  }

  EventLoop loop_;
};

TEST_F(UdpSocketTest, DeliversADatagramWithItsSource) {
  std::optional<Received> received;
  const auto a = open("127.0.0.1");
  const auto b = open("127.0.0.1", &received);
  a->send(as_bytes("hello"), b->local());
  loop_.run();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->text, "hello");
  EXPECT_EQ(received->remote, a->local());
  EXPECT_EQ(received->local, b->local());
}

TEST_F(UdpSocketTest, TellsTheLocalAddressBehindTheWildcard) {
  std::optional<Received> received;
  const auto a = open("127.0.0.1");
  const auto b = open("0.0.0.0", &received);
  a->send(as_bytes("hello"), {address("127.0.0.20"), b->local().port});
  loop_.run();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->local, (Endpoint{address("127.0.0.20"), b->local().port}));
}

TEST_F(UdpSocketTest, SendsFromTheGivenSource) {
  std::optional<Received> received;
  const auto a = open("0.0.0.0");
  const auto b = open("127.0.0.1", &received);
  a->send(as_bytes("hello"), b->local(), address("127.0.0.30"));
  loop_.run();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->remote, (Endpoint{address("127.0.0.30"), a->local().port}));
}

TEST_F(UdpSocketTest, TellsWhatIsUnreachableAndStillSendsToOthers) {
  std::optional<Received> unreachable;
  std::optional<Received> received;
  const auto a = open("127.0.0.1", nullptr, &unreachable);
  const auto b = open("127.0.0.1", &received);
  const Endpoint nobody = open("127.0.0.1")->local();
  a->send(as_bytes("hello"), nobody);
  a->send(as_bytes("hello"), b->local());
  while (!received || !unreachable) loop_.run();
  EXPECT_EQ(unreachable->remote, nobody);
  EXPECT_EQ(unreachable->text, "hello") << "which datagram it was";
  EXPECT_EQ(received->text, "hello");
}

TEST_F(UdpSocketTest, WorksOverIpv6) {
  auto probe = UdpSocket::bind(loop_, {address("::1"), 0}, {});
  if (!probe) GTEST_SKIP() << "this machine has no IPv6: " << probe.error().message;
  std::optional<Received> received;
  const auto a = open("::1");
  const auto b = open("::", &received);
  a->send(as_bytes("hello"), {address("::1"), b->local().port}, address("::1"));
  loop_.run();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->remote, a->local());
  EXPECT_EQ(received->local.address, address("::1"));
}

TEST_F(UdpSocketTest, DeliversAnEmptyDatagramAndTheLargest) {
  std::optional<Received> received;
  const auto a = open("127.0.0.1");
  const auto b = open("127.0.0.1", &received);
  a->send({}, b->local());
  loop_.run();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->text, "");
  constexpr std::size_t kLargestUdpPayload = 65'507;
  a->send(Bytes(kLargestUdpPayload, 'x'), b->local());
  loop_.run();
  EXPECT_EQ(received->text.size(), kLargestUdpPayload);
}

TEST_F(UdpSocketTest, NamesTheAddressThatIsTaken) {
  const auto a = open("127.0.0.1");
  const auto b = UdpSocket::bind(loop_, a->local(), {});
  ASSERT_FALSE(b);
  EXPECT_EQ(b.error().message,
            "cannot use UDP " + a->local().to_string() + ": Address already in use");
}

}  // namespace
}  // namespace offhook::io
