#include "sip/stream_framing.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "sip/message.hpp"

namespace offhook::sip {
namespace {

std::string head(std::string_view lines) {
  return "OPTIONS sip:b@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n"
         "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
         "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n" +
         std::string(lines) + "\r\n";
}

// What came out: messages as they are, "<ping>", "<pong>", and in the end perhaps "<error> ...".
using Items = std::vector<std::string>;

void drain(StreamFraming& framing, Items& items) {
  while (true) {
    auto next = framing.next();
    if (!next) {
      const std::string error = "<error> " + next.error().message;
      if (items.empty() || items.back() != error) items.push_back(error);
      return;
    }
    if (!*next) return;
    items.push_back(
        std::visit(Overloaded{[](StreamFraming::Frame& frame) { return std::move(frame.message); },
                              [](StreamFraming::Ping) { return std::string("<ping>"); },
                              [](StreamFraming::Pong) { return std::string("<pong>"); }},
                   **next));
  }
}

Items framed(std::string_view stream, std::size_t chunk) {
  StreamFraming framing;
  Items items;
  while (!stream.empty()) {
    framing.add(stream.substr(0, chunk));
    stream.remove_prefix(std::min(chunk, stream.size()));
    drain(framing, items);
  }
  return items;
}

Items framed(std::string_view stream) { return framed(stream, stream.size()); }

TEST(StreamFramingTest, CutsAMessageWithABody) {
  const std::string message = head("Content-Length: 5\r\n") + "hello";
  EXPECT_EQ(framed(message), Items{message});
}

TEST(StreamFramingTest, CutsMessagesThatFollowEachOther) {
  const std::string first = head("Content-Length: 2\r\n") + "\r\n";
  const std::string second = head("Content-Length: 0\r\n");
  EXPECT_EQ(framed(first + second + first), (Items{first, second, first}));
}

TEST(StreamFramingTest, WaitsForTheRestOfABody) {
  StreamFraming framing;
  Items items;
  framing.add(head("Content-Length: 5\r\n") + "hell");
  drain(framing, items);
  EXPECT_TRUE(items.empty());
  EXPECT_TRUE(framing.is_within_message());
  framing.add("o");
  drain(framing, items);
  EXPECT_EQ(items.size(), 1u);
  EXPECT_FALSE(framing.is_within_message());
}

TEST(StreamFramingTest, ReadsContentLengthInEveryForm) {
  for (const std::string_view line :
       {"Content-Length: 5\r\n", "content-length:5\r\n", "CONTENT-LENGTH :\t5 \r\n", "l: 5\r\n",
        "L:5\r\n", "Content-Length:\r\n  5\r\n", "l:\r\n\t\r\n 5\r\n", "Content-Length: 005\r\n",
        "l: 5\r\nContent-Length: 5\r\n"}) {
    const std::string message = head(line) + "hello";
    EXPECT_EQ(framed(message + "\r\n"), Items{message}) << line;
  }
}

TEST(StreamFramingTest, LooksForContentLengthInHeadersOnly) {
  const std::string message =
      head("Subject: a\r\n Content-Length: 3\r\nX-l: 4\r\nContent-Length: 14\r\n") +
      "l: 2\r\n\r\n1234 5";
  EXPECT_EQ(framed(message), Items{message});
  const std::string named = "l: 7 SIP/2.0\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(framed(named), Items{named});
}

TEST(StreamFramingTest, EndsWhereContentLengthIsMissing) {
  EXPECT_EQ(framed(head("") + head("Content-Length: 0\r\n")),
            Items{"<error> a message has no Content-Length"});
}

// RFC 4475 3.1.2.2, 3.1.2.3.
TEST(StreamFramingTest, EndsAtABadContentLengthAfterAHeadThatIsRefused) {
  for (const std::string_view line :
       {"Content-Length: 100000000000000000000\r\n", "Content-Length: -999\r\n",
        "Content-Length: 9999999\r\n", "Content-Length: 5x\r\n", "Content-Length:\r\n",
        "Content-Length: 5\r\n 5\r\n", "Content-Length: +5\r\n", "l: 5, 5\r\n",
        "Content-Length: 5\r\nl: 6\r\n", "l: -1\r\nl: -1\r\n", "Content-Length: 65535\r\n"}) {
    const Items items = framed(head(line) + "hello" + head("Content-Length: 0\r\n"));
    ASSERT_EQ(items.size(), 2u) << line;
    EXPECT_EQ(items[0], head(line));
    EXPECT_TRUE(items[1].starts_with("<error> ")) << items[1];
    const auto parsed = parse_message(items[0]);
    ASSERT_FALSE(parsed) << line;
    EXPECT_EQ(parsed.error().status, 400) << line;
  }
}

TEST(StreamFramingTest, StaysEndedAndTakesNothingMore) {
  StreamFraming framing;
  framing.add(head(""));
  EXPECT_FALSE(framing.next());
  framing.add(head("Content-Length: 0\r\n"));
  EXPECT_FALSE(framing.next());
}

TEST(StreamFramingTest, GivesTheSameFramesHoweverTheStreamIsCut) {
  const std::string body = head("Content-Length: 11\r\n") + "a\r\n\r\nl: 9\r\n";
  const std::string folded = head("Content-Length:\r\n 4\r\n") + "\r\n\r\n";
  const std::string streams[] = {
      "\r\n" + body + folded + "\r\n\r\n" + head("l: 0\r\n") + "\r\n\r\n\r\n" + body,
      body + head("Content-Length: -1\r\n") + body, folded + head("") + body};
  for (const std::string& stream : streams) {
    const Items whole = framed(stream);
    for (std::size_t chunk = 1; chunk < stream.size(); ++chunk) {
      ASSERT_EQ(framed(stream, chunk), whole) << chunk;
    }
    for (std::size_t at = 1; at < stream.size(); ++at) {
      StreamFraming framing;
      Items items;
      framing.add(std::string_view(stream).substr(0, at));
      drain(framing, items);
      framing.add(std::string_view(stream).substr(at));
      drain(framing, items);
      ASSERT_EQ(items, whole) << at;
    }
  }
}

TEST(StreamFramingTest, TwoLineEndsAreAPingAndOneIsNothing) {
  EXPECT_EQ(framed("\r\n\r\n"), Items{"<ping>"});
  EXPECT_EQ(framed("\r\n"), Items{});
  EXPECT_EQ(framed("\r\n\r\n\r\n\r\n\r\n"), (Items{"<ping>", "<ping>"}));
  const std::string message = head("l: 0\r\n");
  EXPECT_EQ(framed("\r\n" + message + "\r\n"), Items{message});
}

TEST(StreamFramingTest, TheLineEndThatIsExpectedIsAPong) {
  StreamFraming framing;
  Items items;
  for (int i = 0; i < 2; ++i) {
    framing.expect_pong();
    framing.add("\r\n");
    drain(framing, items);
  }
  EXPECT_EQ(items, (Items{"<pong>", "<pong>"}));
}

TEST(StreamFramingTest, AMessageEndsAtTheLimitAndFailsOneOver) {
  const auto of_size = [](std::size_t bytes) {
    const std::size_t around = head("Content-Length: 12345\r\n").size();
    const std::size_t body = bytes - around;
    return head("Content-Length: " + std::to_string(body) + "\r\n") + std::string(body, 'x');
  };
  const std::string largest = of_size(limits::kSipMessageBytes);
  ASSERT_EQ(largest.size(), limits::kSipMessageBytes);
  EXPECT_EQ(framed(largest), Items{largest});
  EXPECT_EQ(framed(of_size(limits::kSipMessageBytes + 1)).back(), "<error> a message is too long");
}

TEST(StreamFramingTest, AHeadWithoutEndFailsOneOverTheLimit) {
  StreamFraming framing;
  framing.add(std::string(limits::kSipMessageBytes, 'x'));
  EXPECT_TRUE(framing.next());
  framing.add("x");
  EXPECT_FALSE(framing.next());
  EXPECT_EQ(framed(head("X: " + std::string(limits::kSipMessageBytes, 'x') + "\r\n")),
            Items{"<error> a message is too long"});
}

// Scanning from the start for each byte would take 4 * 10^9 steps here: minutes.
TEST(StreamFramingTest, TimeGrowsWithTheBytesOnly) {
  const auto start = std::chrono::steady_clock::now();
  const std::string message =
      head("X: " + std::string(60'000, 'x') + "\r\nContent-Length: 1\r\n") + "x";
  EXPECT_EQ(framed(message, 1), Items{message});
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += head("l: 0\r\n");
  StreamFraming framing;
  framing.add(many);  // at once, and each frame must not move the rest
  Items items;
  drain(framing, items);
  EXPECT_EQ(items.size(), 2'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace offhook::sip
