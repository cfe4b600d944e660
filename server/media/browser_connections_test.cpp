#include "media/browser_connections.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "media/udp_socket.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");

// A browser's end of a connection. All of 127.0.0.0/8 is this machine: each can be a source.
class Client {
 public:
  explicit Client(const Endpoint& to, const IpAddress& from = kLoopback, int receive_bytes = 0)
      : socket_(::socket(to.address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    }
    sockaddr_storage address{};
    if (from != kLoopback) {
      const socklen_t size = to_socket_address({from, 0}, address);
      EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    }
    const socklen_t size = to_socket_address(to, address);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  void send(ByteView bytes) {
    EXPECT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void send_packet(ByteView packet) {
    Bytes framed{static_cast<std::uint8_t>(packet.size() >> 8),
                 static_cast<std::uint8_t>(packet.size())};
    framed.insert(framed.end(), packet.begin(), packet.end());
    send(framed);
  }
  // What there is, without waiting.
  Bytes receive() {
    Bytes bytes(1 << 20);
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  [[nodiscard]] bool is_closed(int wait_ms = 2'000) const {
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, wait_ms) != 1) return false;
    std::uint8_t byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) <= 0;
  }
  void close() { socket_.reset(); }

 private:
  control::FileDescriptor socket_;
};

class BrowserConnectionsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<TcpListener> listeners;
    listeners.push_back(*TcpListener::bind({kLoopback, 0}));
    address_ = listeners[0].local();
    connections_.emplace(
        std::move(listeners), epoll_.get(),
        [this](SocketId socket, const Endpoint&) { return claimed_.contains(socket); });
    ASSERT_TRUE(connections_->watch_listeners());
  }

  struct Received {
    SocketId socket;
    Endpoint remote;
    Bytes bytes;
  };

  // Deals with what is ready; waits for the first so long.
  void turn(int wait_ms = 1'000) {
    std::array<epoll_event, 64> ready{};
    const int count = ::epoll_wait(epoll_.get(), ready.data(), ready.size(), wait_ms);
    for (int i = 0; i < count; ++i) {
      connections_->handle_ready(static_cast<SocketId>(ready[static_cast<std::size_t>(i)].data.u64),
                                 now_);
      while (const auto packet = connections_->receive()) {
        received_.push_back(
            {packet->socket, packet->remote, {packet->bytes.begin(), packet->bytes.end()}});
      }
    }
  }
  void turn_until(const std::function<bool()>& done) {
    for (int i = 0; i < 1'000 && !done(); ++i) turn(10);
    EXPECT_TRUE(done());
  }
  // A client of whom one packet came: that tells its number.
  SocketId introduce(Client& client) {
    const std::size_t before = received_.size();
    client.send_packet(Bytes{1});
    turn_until([&] { return received_.size() > before; });
    return received_.back().socket;
  }
  void advance(Duration duration) {
    const Time end = now_ + duration;
    while (is_due(connections_->next_timeout(), end)) {
      now_ = *connections_->next_timeout();
      connections_->handle_timeout(now_);
    }
    now_ = end;
  }

  control::FileDescriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  Endpoint address_;
  std::optional<BrowserConnections> connections_;
  std::set<SocketId> claimed_;
  std::vector<Received> received_;
  Time now_{1h};
};

TEST_F(BrowserConnectionsTest, GivesEachConnectionANumberAndCarriesPacketsBothWays) {
  Client one(address_);
  Client other(address_, *IpAddress::parse("127.0.0.9"));
  const SocketId first = introduce(one);
  const SocketId second = introduce(other);
  EXPECT_GE(first, kBrowserConnections);
  EXPECT_NE(first, second);
  EXPECT_EQ(received_[1].remote.address.to_string(), "127.0.0.9");
  EXPECT_EQ(connections_->size(), 2U);

  one.send_packet(Bytes(172, 0x80));
  turn();
  EXPECT_EQ(received_.back().bytes, Bytes(172, 0x80));
  EXPECT_EQ(received_.back().socket, first);
  connections_->send(second, Bytes{7, 8, 9});
  EXPECT_EQ(other.receive(), (Bytes{0, 3, 7, 8, 9}));
  EXPECT_TRUE(one.receive().empty());
  EXPECT_EQ(connections_->dropped(), 0U);
}

TEST_F(BrowserConnectionsTest, AcceptsBrowsersOverIpv6) {
  std::vector<TcpListener> listeners;
  auto listener = TcpListener::bind({*IpAddress::parse("::1"), 0});
  if (!listener) GTEST_SKIP() << "no IPv6 here";
  const Endpoint v6 = listener->local();
  listeners.push_back(std::move(*listener));
  connections_.emplace(std::move(listeners), epoll_.get(),
                       [](SocketId, const Endpoint&) { return true; });
  ASSERT_TRUE(connections_->watch_listeners());
  Client client(v6);
  introduce(client);
  EXPECT_EQ(received_[0].remote.address.to_string(), "::1");
}

TEST_F(BrowserConnectionsTest, TakesSeveralPacketsOfOneReadAndOneOfSeveralReads) {
  Client client(address_);
  client.send(Bytes{0, 1, 5, 0, 2, 6, 7, 0});
  turn_until([&] { return received_.size() == 2; });
  client.send(Bytes{3, 8});
  turn(50);
  EXPECT_EQ(received_.size(), 2U);
  client.send(Bytes{9, 10});
  turn_until([&] { return received_.size() == 3; });
  EXPECT_EQ(received_[0].bytes, Bytes{5});
  EXPECT_EQ(received_[1].bytes, (Bytes{6, 7}));
  EXPECT_EQ(received_[2].bytes, (Bytes{8, 9, 10}));
}

TEST_F(BrowserConnectionsTest, ClosesWhoAnnouncesAPacketOneOverTheLimit) {
  Client client(address_);
  client.send_packet(Bytes(limits::kMediaDatagramBytes, 1));
  turn_until([&] { return !received_.empty(); });
  EXPECT_EQ(received_[0].bytes.size(), limits::kMediaDatagramBytes);
  client.send(Bytes{0x08, 0x01});
  turn();
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(connections_->size(), 0U);
}

TEST_F(BrowserConnectionsTest, ForgetsWhoClosed) {
  Client client(address_);
  const SocketId socket = introduce(client);
  client.close();
  turn_until([&] { return connections_->size() == 0; });
  connections_->send(socket, Bytes{1});
  EXPECT_EQ(connections_->dropped(), 1U);
  connections_->handle_ready(socket, now_);
  EXPECT_FALSE(connections_->receive());
}

TEST_F(BrowserConnectionsTest, ClosesWhoIsNotClaimedWithinTenSeconds) {
  Client silent(address_);
  Client browser(address_);
  claimed_.insert(introduce(browser));
  turn_until([&] { return connections_->size() == 2; });
  advance(limits::kBrowserConnectionProofTime - 1s);
  EXPECT_EQ(connections_->size(), 2U);
  advance(2s);
  EXPECT_TRUE(silent.is_closed());
  EXPECT_FALSE(browser.is_closed(0));
  advance(1h);
  EXPECT_EQ(connections_->size(), 1U);
  connections_->send(*claimed_.begin(), Bytes{1});
  EXPECT_EQ(browser.receive(), (Bytes{0, 1, 1}));
}

TEST_F(BrowserConnectionsTest, ClosesAConnectionASecondAfterItsLegIsGone) {
  Client browser(address_);
  claimed_.insert(introduce(browser));
  advance(2s);
  claimed_.clear();
  advance(1s);
  EXPECT_TRUE(browser.is_closed());
  EXPECT_FALSE(connections_->next_timeout()) << "nothing to look after";
}

TEST_F(BrowserConnectionsTest, DropsWhatAFullConnectionCannotTakeAndKeepsThePacketsWhole) {
  Client browser(address_, kLoopback, 4'096);
  const SocketId socket = introduce(browser);
  std::uint32_t sent = 0;
  Bytes packet(500);
  // Until packets have been dropped for a long time: nothing blocks, and nothing is kept for later.
  while (connections_->dropped() < 10'000) {
    store_u32(packet.data(), sent++);
    connections_->send(socket, packet);
    ASSERT_LT(sent, 100'000U);
  }
  const std::uint64_t dropped = connections_->dropped();
  // Now it reads: whole packets, in order, and then the new ones.
  FrameReader reader;
  std::vector<std::uint32_t> numbers;
  const auto read_all = [&] {
    for (int i = 0; i < 50; ++i) {
      const Bytes bytes = browser.receive();
      reader.feed(bytes);
      while (const auto frame = reader.next()) {
        EXPECT_EQ(frame->size(), packet.size());
        numbers.push_back(load_u32(frame->data()));
      }
      turn(1);
    }
  };
  read_all();
  EXPECT_EQ(numbers.size(), sent - dropped);
  store_u32(packet.data(), sent);
  connections_->send(socket, packet);
  read_all();
  EXPECT_EQ(numbers.back(), sent);
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  EXPECT_FALSE(reader.is_broken());
}

TEST_F(BrowserConnectionsTest, SurvivesSendingToWhoResetTheConnection) {
  Client client(address_);
  const SocketId socket = introduce(client);
  client.close();
  for (int i = 0; i < 10; ++i) connections_->send(socket, Bytes(100));
  turn(50);
  EXPECT_EQ(connections_->size(), 0U);
}

TEST_F(BrowserConnectionsTest, RefusesOneConnectionTooManyOfOneSource) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < limits::kBrowserConnectionsPerSource; ++i) {
    clients.emplace_back(address_);
    turn_until([&] { return connections_->size() == i + 1; });
  }
  const Client refused(address_);
  turn();
  EXPECT_TRUE(refused.is_closed());
  Client from_elsewhere(address_, *IpAddress::parse("127.0.0.2"));
  introduce(from_elsewhere);
  // The place of one that left is free.
  clients.pop_back();
  turn_until([&] { return connections_->size() == limits::kBrowserConnectionsPerSource; });
  Client next(address_);
  introduce(next);
}

TEST_F(BrowserConnectionsTest, RefusesOneConnectionTooManyInAll) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (limit.rlim_max < 2 * limits::kBrowserConnections + 100) GTEST_SKIP() << "too few descriptors";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < limits::kBrowserConnections; ++i) {
    const std::string source =
        "127.0.1." + std::to_string(1 + i / limits::kBrowserConnectionsPerSource);
    clients.emplace_back(address_, *IpAddress::parse(source));
    if (i % 16 == 15) turn(0);
  }
  turn_until([&] { return connections_->size() == limits::kBrowserConnections; });
  const Client refused(address_, *IpAddress::parse("127.0.0.2"));
  turn();
  EXPECT_TRUE(refused.is_closed());
  EXPECT_EQ(connections_->size(), limits::kBrowserConnections);
  // Nobody proves to be a browser: all make room.
  advance(11s);
  EXPECT_EQ(connections_->size(), 0U);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F(BrowserConnectionsTest, PausesWhileThereIsNoDescriptorAndGoesOnThen) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  Client client(address_);
  const control::FileDescriptor highest(::dup(epoll_.get()));
  const rlimit none_left{static_cast<rlim_t>(highest.get()) + 1, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
  turn();
  EXPECT_EQ(connections_->size(), 0U);
  std::array<epoll_event, 1> ready{};
  EXPECT_EQ(::epoll_wait(epoll_.get(), ready.data(), 1, 50), 0) << "it would be reported for ever";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  advance(1s);
  turn_until([&] { return connections_->size() == 1; });
}

}  // namespace
}  // namespace offhook::media
