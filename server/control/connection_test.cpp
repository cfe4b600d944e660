#include "control/connection.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.hpp"
#include "control/listener.hpp"

namespace offhook::control {
namespace {

struct Pair {
  Connection a;
  Connection b;
};

Pair make_pair() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
  return {Connection(FileDescriptor(fds[0])), Connection(FileDescriptor(fds[1]))};
}

std::string text_of(const Connection::Received& received) {
  const auto* packet = std::get_if<Connection::Packet>(&received);
  return packet != nullptr ? std::string(as_text(packet->bytes)) : "";
}

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    char name[] = "/tmp/control-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/control.sock";
  }
  ~ListenerTest() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  std::string folder_;
  std::string path_;
};

TEST(ConnectionTest, PacketsArriveWholeAndInOrder) {
  Pair pair = make_pair();
  ASSERT_TRUE(pair.a.send("one"));
  ASSERT_TRUE(pair.a.send(std::string(limits::kControlMessageBytes, 'x')));
  EXPECT_EQ(text_of(pair.b.receive()), "one");
  EXPECT_EQ(text_of(pair.b.receive()).size(), limits::kControlMessageBytes);
  EXPECT_TRUE(std::holds_alternative<Connection::Nothing>(pair.b.receive()));
}

TEST(ConnectionTest, WhatTheKernelDoesNotTakeWaitsAndFollowsInOrder) {
  Pair pair = make_pair();
  std::size_t sent = 0;
  while (!pair.a.wants_to_write()) ASSERT_TRUE(pair.a.send(std::to_string(sent++)));
  ASSERT_TRUE(pair.a.send(std::to_string(sent++)));
  for (std::size_t i = 0; i < sent; ++i) {
    EXPECT_EQ(text_of(pair.b.receive()), std::to_string(i));
    ASSERT_TRUE(pair.a.flush());
  }
  EXPECT_FALSE(pair.a.wants_to_write());
}

TEST(ConnectionTest, APeerThatDoesNotReadIsGivenUpAtTheLimit) {
  Pair pair = make_pair();
  Result<void> sent;
  std::size_t bytes = 0;
  while (sent && bytes < 2 * limits::kControlQueueBytes) {
    sent = pair.a.send(std::string(32'768, 'x'));
    bytes += 32'768;
  }
  ASSERT_FALSE(sent);
  EXPECT_TRUE(sent.error().message.contains("does not read")) << sent.error().message;
}

TEST(ConnectionTest, TheEndOfThePeerIsSeenByBothDirections) {
  Pair pair = make_pair();
  {
    const Connection gone = std::move(pair.b);
  }
  EXPECT_TRUE(std::holds_alternative<Connection::Closed>(pair.a.receive()));
  EXPECT_FALSE(pair.a.send("hello"));
}

TEST(ConnectionTest, APacketOverTheLimitClosesInsteadOfBeingCut) {
  int fds[2] = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
  Connection connection{FileDescriptor(fds[0])};
  const FileDescriptor raw(fds[1]);
  const Bytes large(limits::kControlMessageBytes + 1);
  ASSERT_EQ(::send(raw.get(), large.data(), large.size(), 0), static_cast<ssize_t>(large.size()));
  EXPECT_TRUE(std::holds_alternative<Connection::Closed>(connection.receive()));
}

TEST_F(ListenerTest, OnlyOurUserMayUseTheSocketFile) {
  const auto listener = Listener::open(path_);
  ASSERT_TRUE(listener) << listener.error().message;
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ListenerTest, ConnectsAndTalksBothWays) {
  auto listener = Listener::open(path_);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_FALSE(listener->accept());
  auto client = Connection::connect(path_);
  ASSERT_TRUE(client) << client.error().message;
  auto server = listener->accept();
  ASSERT_TRUE(server);
  ASSERT_TRUE(client->send("ping"));
  EXPECT_EQ(text_of(server->receive()), "ping");
  ASSERT_TRUE(server->send("pong"));
  EXPECT_EQ(text_of(client->receive()), "pong");
}

TEST_F(ListenerTest, AStaleFileIsReplacedAndALiveOneIsNot) {
  {
    // What a killed process leaves: the file without its listener.
    auto listener = Listener::open(path_);
    ASSERT_TRUE(listener);
    ASSERT_EQ(::link(path_.c_str(), (path_ + ".kept").c_str()), 0);
  }
  ASSERT_EQ(::rename((path_ + ".kept").c_str(), path_.c_str()), 0);
  EXPECT_FALSE(Connection::connect(path_));
  const auto listener = Listener::open(path_);
  ASSERT_TRUE(listener) << listener.error().message;
  const auto second = Listener::open(path_);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().message.contains("already listens")) << second.error().message;
}

TEST_F(ListenerTest, AFileThatIsNotASocketIsLeftAlone) {
  const FileDescriptor file(::open(path_.c_str(), O_CREAT | O_WRONLY, 0600));
  ASSERT_TRUE(file.is_open());
  EXPECT_FALSE(Listener::open(path_));
  EXPECT_EQ(::access(path_.c_str(), F_OK), 0);
}

TEST_F(ListenerTest, TheFileGoesWithTheListener) {
  {
    const auto listener = Listener::open(path_);
  }
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
  EXPECT_FALSE(Listener::open(""));
  EXPECT_FALSE(Listener::open("/tmp/" + std::string(120, 'x')));
}

}  // namespace
}  // namespace offhook::control
