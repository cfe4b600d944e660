#include "sip/digest.hpp"

#include <gtest/gtest.h>

namespace offhook::sip {
namespace {

// RFC 7616 3.9.1.
Credentials mufasa(std::string algorithm, std::string response) {
  return {.username = "Mufasa",
          .realm = "http-auth@example.org",
          .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
          .uri = "/dir/index.html",
          .response = std::move(response),
          .algorithm = std::move(algorithm),
          .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
          .qop = "auth",
          .nonce_count = "00000001",
          .opaque = {}};
}

constexpr const char* kMufasaMd5 = "8ca523f5e9506fed4657c9700eebdbec";
constexpr const char* kMufasaSha256 =
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
// The RFC's own example of this algorithm is wrong (errata 4897): the same request as above,
// calculated elsewhere.
constexpr const char* kMufasaSha512 =
    "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0";

// RFC 2617 3.5.
Credentials mufasa_of_rfc2617(std::string response, std::string qop) {
  return {.username = "Mufasa",
          .realm = "testrealm@host.com",
          .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
          .uri = "/dir/index.html",
          .response = std::move(response),
          .algorithm = {},
          .cnonce = "0a4f113b",
          .qop = std::move(qop),
          .nonce_count = "00000001",
          .opaque = "5ccc069c403ebaf9f0171e9517f40e41"};
}

Challenge challenge(std::string algorithm, std::vector<std::string> qop = {"auth"}) {
  return {.realm = "r",
          .nonce = "n",
          .algorithm = std::move(algorithm),
          .opaque = {},
          .qop = std::move(qop),
          .stale = false};
}

class DigestTest : public testing::Test {
 protected:
  Result<Credentials> answer(const std::vector<Challenge>& challenges) {
    return answer_challenge(challenges, {"100001", "secret"}, "REGISTER", "sip:atlanta1.voip.ms", 1,
                            random_);
  }
  SeededRandom random_{1};
};

TEST_F(DigestTest, VerifiesTheExamplesOfRfc7616) {
  EXPECT_TRUE(verify(mufasa("MD5", kMufasaMd5), "GET", "Circle of Life"));
  EXPECT_TRUE(verify(mufasa("", kMufasaMd5), "GET", "Circle of Life"));
  EXPECT_TRUE(verify(mufasa("SHA-256", kMufasaSha256), "GET", "Circle of Life"));
  EXPECT_TRUE(verify(mufasa("sha-512-256", kMufasaSha512), "GET", "Circle of Life"));
}

TEST_F(DigestTest, VerifiesTheExampleOfRfc2617AndItsLikeWithoutQop) {
  EXPECT_TRUE(verify(mufasa_of_rfc2617("6629fae49393a05397450978507c4ef1", "auth"), "GET",
                     "Circle Of Life"));
  EXPECT_TRUE(
      verify(mufasa_of_rfc2617("670fd8c2df070c60b045671b8b24ff02", ""), "GET", "Circle Of Life"));
}

// Calculated elsewhere: for each algorithm, a REGISTER as a provider sees it.
TEST_F(DigestTest, VerifiesARegisterOfEachAlgorithmWithAndWithoutQop) {
  struct Case {
    const char* algorithm;
    const char* qop;
    const char* response;
  };
  for (const auto& [algorithm, qop, response] :
       {Case{"MD5", "auth", "072b39eef0d071b84100cff17a71245b"},
        Case{"MD5", "", "14f0bca16984f15bfd496e095d6c17b9"},
        Case{"SHA-256", "auth", "b09cd12faa466d8bd30a8f94c98e3018497453af4f1ec75a29a1d841cfe3411a"},
        Case{"SHA-256", "", "6d199e5454f02cc71e34c9179f596f2db1f1840c084c4c72f055cf140c772912"},
        Case{"SHA-512-256", "auth",
             "93f78a133a811e4d8b9cae67ec18334f826f13a12ed9b22fba09be86a49f6c7f"},
        Case{"SHA-512-256", "",
             "1715e68882efaa04dde49acead1e8d758fb10a8b0b877aa215f58673ec319182"}}) {
    const Credentials credentials{.username = "100001",
                                  .realm = "voip.example",
                                  .nonce = "5c9da5ce",
                                  .uri = "sip:voip.example",
                                  .response = response,
                                  .algorithm = algorithm,
                                  .cnonce = "abcdef01",
                                  .qop = qop,
                                  .nonce_count = "0000000a",
                                  .opaque = {}};
    EXPECT_TRUE(verify(credentials, "REGISTER", "secret")) << algorithm << qop;
    EXPECT_FALSE(verify(credentials, "INVITE", "secret")) << algorithm << qop;
  }
}

TEST_F(DigestTest, RefusesAnyOtherPasswordMethodAlgorithmOrResponse) {
  EXPECT_FALSE(verify(mufasa("MD5", kMufasaMd5), "GET", "circle of life"));
  EXPECT_FALSE(verify(mufasa("MD5", kMufasaMd5), "POST", "Circle of Life"));
  EXPECT_FALSE(verify(mufasa("SHA-256", kMufasaMd5), "GET", "Circle of Life"));
  EXPECT_FALSE(verify(mufasa("MD5-sess", kMufasaMd5), "GET", "Circle of Life"));
  EXPECT_FALSE(verify(mufasa("SHA-1", kMufasaMd5), "GET", "Circle of Life"));
  EXPECT_FALSE(verify(mufasa("MD5", ""), "GET", "Circle of Life"));
  EXPECT_FALSE(verify(mufasa("MD5", std::string(kMufasaMd5) + "0"), "GET", "Circle of Life"));
  EXPECT_FALSE(verify(mufasa("MD5", std::string(kMufasaMd5).substr(1)), "GET", "Circle of Life"));
  auto other_qop = mufasa("MD5", kMufasaMd5);
  other_qop.qop = "auth-int";
  EXPECT_FALSE(verify(other_qop, "GET", "Circle of Life"));
}

TEST_F(DigestTest, AnswersAChallengeOfChanSipWithoutQop) {
  const auto credentials =
      answer({{"atlanta1.voip.ms", "5c9da5ce", "MD5", std::nullopt, {}, false}});
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->response, "ba9d700dddb7b121dda97839cd8f566e");
  EXPECT_EQ(credentials->username, "100001");
  EXPECT_EQ(credentials->uri, "sip:atlanta1.voip.ms");
  EXPECT_EQ(credentials->qop, "");
  EXPECT_EQ(credentials->cnonce, "");
  EXPECT_EQ(credentials->nonce_count, "");
  EXPECT_FALSE(credentials->opaque);
  EXPECT_TRUE(verify(*credentials, "REGISTER", "secret"));
}

TEST_F(DigestTest, AnswersWithQopNonceCountAndOpaque) {
  auto with_opaque = challenge("SHA-256", {"auth-int", "AUTH"});
  with_opaque.opaque = "o";
  const auto credentials =
      answer_challenge({with_opaque}, {"u", "p"}, "INVITE", "sip:x", 0x1f, random_);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->qop, "auth");
  EXPECT_EQ(credentials->nonce_count, "0000001f");
  EXPECT_EQ(credentials->cnonce.size(), 16U);
  EXPECT_EQ(credentials->opaque, "o");
  EXPECT_TRUE(verify(*credentials, "INVITE", "p"));
}

TEST_F(DigestTest, ChoosesTheStrongestChallenge) {
  EXPECT_EQ(answer({challenge("MD5"), challenge("SHA-256")})->algorithm, "SHA-256");
  EXPECT_EQ(answer({challenge("SHA-512-256"), challenge("SHA-256"), challenge("MD5")})->algorithm,
            "SHA-512-256");
  EXPECT_EQ(answer({challenge("SHA-512-256", {"auth-int"}), challenge("")})->algorithm, "");
  EXPECT_EQ(answer({challenge("UNKNOWN"), challenge("md5")})->algorithm, "md5");
  EXPECT_EQ(answer({challenge("MD5"), challenge("")})->algorithm, "MD5");  // the first of equals
}

TEST_F(DigestTest, SaysWhyNothingCanBeAnswered) {
  EXPECT_EQ(answer({}).error().message,
            "the server asks for credentials without a digest challenge");
  EXPECT_EQ(answer({challenge("MD5-sess"), challenge("MD5", {"auth-int"})}).error().message,
            "the server wants the digest algorithm MD5-sess, which is not supported");
  EXPECT_EQ(answer({challenge("SHA-256-sess\r\n")}).error().message,
            "the server wants the digest algorithm SHA-256-sess, which is not supported");
  EXPECT_EQ(answer({challenge("MD5", {"auth-int", "x"})}).error().message,
            "the server wants the quality of protection auth-int, x, which is not supported");
}

TEST_F(DigestTest, OrdersAlgorithmsByStrength) {
  const std::vector<std::string> order{"SHA-512-256", "sha-256", "MD5", "unknown"};
  for (std::size_t a = 0; a < order.size(); ++a) {
    for (std::size_t b = 0; b < order.size(); ++b) {
      EXPECT_EQ(is_weaker(order[a], order[b]), a > b) << order[a] << " " << order[b];
    }
  }
  EXPECT_TRUE(is_weaker("", "SHA-256"));
  EXPECT_FALSE(is_weaker("", "MD5"));
}

}  // namespace
}  // namespace offhook::sip
