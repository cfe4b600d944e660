#include "http/token_store.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace offhook::http {
namespace {

using namespace std::chrono_literals;

class TokenStoreTest : public testing::Test {
 protected:
  SeededRandom random_{1};
  Time now_{1h};
};

TEST_F(TokenStoreTest, FindsTheUserOfATokenAgainAndAgain) {
  TokenStore store(30s, 10);
  const std::string token = store.issue("alice", random_, now_);
  EXPECT_EQ(token.size(), 64U);
  EXPECT_EQ(store.find(token, now_), "alice");
  EXPECT_EQ(store.find(token, now_), "alice");
}

TEST_F(TokenStoreTest, TakesATokenOnlyOnce) {
  TokenStore store(30s, 10);
  const std::string token = store.issue("alice", random_, now_);
  EXPECT_EQ(store.take(token, now_), "alice");
  EXPECT_EQ(store.take(token, now_), std::nullopt);
  EXPECT_EQ(store.find(token, now_), std::nullopt);
  EXPECT_EQ(store.size(), 0U);
}

TEST_F(TokenStoreTest, DoesNotKnowOtherTokens) {
  TokenStore store(30s, 10);
  std::string token = store.issue("alice", random_, now_);
  token.back() = token.back() == '0' ? '1' : '0';
  EXPECT_EQ(store.find(token, now_), std::nullopt);
  EXPECT_EQ(store.find("", now_), std::nullopt);
  EXPECT_EQ(store.find(token + token, now_), std::nullopt);
}

TEST_F(TokenStoreTest, ForgetsATokenAfterItsLifetime) {
  TokenStore store(30s, 10);
  const std::string token = store.issue("alice", random_, now_);
  EXPECT_EQ(store.find(token, now_ + 29'999ms), "alice");
  EXPECT_EQ(store.find(token, now_ + 59'998ms), "alice") << "finding it did not renew it";
  EXPECT_EQ(store.find(token, now_ + 59'998ms + 30s), std::nullopt);
  EXPECT_EQ(store.size(), 0U);
}

TEST_F(TokenStoreTest, PushesOutTheLeastRecentlyFoundWhenFull) {
  TokenStore store(30s, 3);
  const std::string a = store.issue("a", random_, now_);
  const std::string b = store.issue("b", random_, now_);
  const std::string c = store.issue("c", random_, now_);
  EXPECT_EQ(store.find(a, now_), "a");
  const std::string d = store.issue("d", random_, now_);
  EXPECT_EQ(store.size(), 3U);
  EXPECT_EQ(store.find(b, now_), std::nullopt);
  EXPECT_EQ(store.find(a, now_), "a");
  EXPECT_EQ(store.find(c, now_), "c");
  EXPECT_EQ(store.find(d, now_), "d");
}

}  // namespace
}  // namespace offhook::http
