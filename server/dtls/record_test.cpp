#include "dtls/record.hpp"

#include <gtest/gtest.h>

#include "dtls/session_fixture.hpp"

namespace offhook::dtls {
namespace {

class RecordTest : public SessionTest {};

Bytes make_record(std::uint8_t type, std::uint16_t epoch, std::size_t body) {
  Bytes bytes(kRecordHeaderBytes + body);
  bytes[0] = type;
  store_u16(&bytes[1], 0xFEFD);
  store_u16(&bytes[3], epoch);
  store_u16(&bytes[11], static_cast<std::uint16_t>(body));
  return bytes;
}

TEST_F(RecordTest, TakesEachRecordOfADatagram) {
  Bytes datagram = make_record(22, 0, 5);
  const Bytes second = make_record(20, 1, 0);
  datagram.insert(datagram.end(), second.begin(), second.end());
  ByteView rest = datagram;
  const auto first = take_record(rest);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, ContentType::Handshake);
  EXPECT_EQ(first->epoch, 0U);
  EXPECT_EQ(first->body().size(), 5U);
  const auto last = take_record(rest);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->type, ContentType::ChangeCipherSpec);
  EXPECT_EQ(last->epoch, 1U);
  EXPECT_TRUE(last->body().empty());
  EXPECT_FALSE(take_record(rest));
}

TEST_F(RecordTest, TakesNothingThatIsCutOffOrNoRecord) {
  const Bytes record = make_record(22, 0, 5);
  for (std::size_t size = 0; size < record.size(); ++size) {
    ByteView cut = ByteView(record).first(size);
    EXPECT_FALSE(take_record(cut)) << size;
  }
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0, 19, 24, 128}) {
    const Bytes other = make_record(type, 0, 5);
    ByteView view = other;
    EXPECT_FALSE(take_record(view)) << int{type};
  }
  Bytes tls = record;
  tls[1] = 3;
  ByteView view = tls;
  EXPECT_FALSE(take_record(view));
}

TEST_F(RecordTest, FindsRandomAndCookieAtTheStartOfAClientHello) {
  const Bytes bytes = strange_hello();
  const auto hello = find_client_hello(bytes);
  ASSERT_TRUE(hello && hello->start);
  EXPECT_EQ(hello->record.size(), bytes.size());
  EXPECT_EQ(hello->start->random.size(), 32U);
  EXPECT_TRUE(hello->start->cookie.empty());
}

TEST_F(RecordTest, FindsNoStartInALaterFragmentOrInOneCutBeforeTheCookie) {
  const Bytes bytes = strange_hello();
  // Version, random and two empty vectors.
  constexpr std::size_t kStart = 2 + 32 + 1 + 1;
  for (std::size_t first = 1; first <= kStart; ++first) {
    const auto parts = fragmented(bytes, first, 10'000);
    ASSERT_EQ(parts.size(), 2U);
    const auto head = find_client_hello(parts[0]);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->start.has_value(), first == kStart) << first;
    const auto tail = find_client_hello(parts[1]);
    ASSERT_TRUE(tail);
    EXPECT_FALSE(tail->start);
  }
}

TEST_F(RecordTest, FindsNoClientHelloInAnythingElse) {
  const Bytes hello = strange_hello();
  Bytes other_message = hello;
  other_message[kRecordHeaderBytes] = 2;
  EXPECT_FALSE(find_client_hello(other_message));
  Bytes protected_one = hello;
  protected_one[4] = 1;
  EXPECT_FALSE(find_client_hello(protected_one));
  Bytes too_long = hello;
  ++too_long[kRecordHeaderBytes + 3];  // the message's length, and the fragment's
  ++too_long[kRecordHeaderBytes + 11];
  EXPECT_FALSE(find_client_hello(too_long));
  Bytes beyond = hello;
  beyond[kRecordHeaderBytes + 8] = 1;  // an offset that reaches over the message's end
  EXPECT_FALSE(find_client_hello(beyond));
  for (std::size_t size = 0; size < hello.size(); ++size) {
    EXPECT_FALSE(find_client_hello(ByteView(hello).first(size))) << size;
  }
}

TEST_F(RecordTest, AHelloVerifyRequestIsShorterThanTheShortestHello) {
  const Bytes bytes = fragmented(strange_hello(), 2 + 32 + 1 + 1, 10'000)[0];
  const auto hello = find_client_hello(bytes);
  const Bytes cookie(16, 0xC0);
  const Bytes request = hello_verify_request(*hello, cookie);
  EXPECT_LT(request.size(), bytes.size());
  EXPECT_EQ(to_hex(ByteView(request).subspan(kRecordHeaderBytes)),
            "030000130000000000000013feff10" + to_hex(cookie));
}

}  // namespace
}  // namespace offhook::dtls
