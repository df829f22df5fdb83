using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>Calls a webhook like an API server: with a new connection each time, trust in only one bundle, and the Service's name in the certificate.</summary>
internal static class WebhookCaller
{
    public static async Task<JsonObject> CallAsync(Uri address, string path, string bundle, JsonObject request, TimeProvider time)
    {
        using var http = Client(bundle, time);
        var review = new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["request"] = request };
        using var content = new StringContent(review.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(address, path), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!["response"]!.AsObject();
    }

    public static HttpClient Client(string bundle, TimeProvider time) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        Expect100ContinueTimeout = TimeSpan.FromSeconds(30),
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, given, errors) => (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0 && IsTrusted((X509Certificate2)certificate!, given!, bundle, time.GetUtcNow()),
        },
    })
    {
        // The handler validates the certificate against this name.
        DefaultRequestHeaders = { Host = $"{WebhookConfigurations.Options.Service}.{WebhookConfigurations.Namespace}.svc" },
    };

    /// <summary>A request for a meeting in namespace meet-a.</summary>
    public static JsonObject About(JsonObject item, string operation = "CREATE", JsonObject? old = null) => new()
    {
        ["uid"] = "7e1f7f2c-0000-4000-8000-000000000000",
        ["kind"] = new JsonObject { ["group"] = "meetoperator.io", ["version"] = "v1alpha1", ["kind"] = item["kind"]!.GetValue<string>() },
        ["operation"] = operation,
        ["namespace"] = item["metadata"]?["namespace"]?.GetValue<string>(),
        ["name"] = item["metadata"]?["name"]?.GetValue<string>(),
        ["object"] = item,
        ["oldObject"] = old,
    };

    private static bool IsTrusted(X509Certificate2 certificate, X509Chain given, string bundle, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(bundle);
        chain.ChainPolicy.ExtraStore.AddRange(given.ChainPolicy.ExtraStore);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate);
    }
}
