using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Kinds.SfuNodes;

namespace MeetOperator.Operator.Webhook;

/// <summary>Reads and writes AdmissionReview objects of admission.k8s.io/v1. Pure. Invalid input is rejected with a reason and never causes an exception.</summary>
internal static class AdmissionReviews
{
    private const string ApiVersion = "admission.k8s.io/v1";

    /// <summary>Field ownership has the deepest nesting and stays far below this limit.</summary>
    private static readonly JsonDocumentOptions Parsing = new() { MaxDepth = 128, AllowDuplicateProperties = false };

    /// <summary>Returns false with a <paramref name="problem"/> when the body is not a valid review.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, out string uid, out AdmissionRequest request, out string problem)
    {
        (uid, request, problem) = (string.Empty, null!, string.Empty);
        JsonObject? review;
        if (!IsUnicode(body.Span))
        {
            problem = "the body is not JSON in UTF-8";
            return false;
        }

        try
        {
            review = JsonNode.Parse(body.Span, documentOptions: Parsing) as JsonObject;
        }
        catch (JsonException broken)
        {
            problem = $"the body is not JSON: {broken.Message}";
            return false;
        }

        if (review is null || Text(review, "apiVersion") != ApiVersion || Text(review, "kind") != "AdmissionReview")
        {
            problem = $"the body is not an AdmissionReview of {ApiVersion}";
            return false;
        }

        if (review["request"] is not JsonObject asked || Text(asked, "uid") is not { Length: > 0 } id)
        {
            problem = "request.uid is missing";
            return false;
        }

        if (asked["kind"] is not JsonObject kind || Text(kind, "kind") is not { Length: > 0 } kindName || !Enum.TryParse<AdmissionOperation>(Text(asked, "operation"), ignoreCase: true, out var operation))
        {
            problem = "request.kind or request.operation is missing or unknown";
            return false;
        }

        uid = id;
        request = new AdmissionRequest
        {
            Operation = operation,
            Group = Text(kind, "group") ?? string.Empty,
            Kind = kindName,
            Namespace = Text(asked, "namespace"),
            Name = Text(asked, "name") ?? string.Empty,
            Subresource = Text(asked, "subResource") ?? string.Empty,
            Object = asked["object"] as JsonObject,
            OldObject = asked["oldObject"] as JsonObject,
            UserName = asked["userInfo"] is JsonObject user ? Text(user, "username") ?? string.Empty : string.Empty,
            DryRun = asked["dryRun"] is JsonValue dryRun && dryRun.TryGetValue<bool>(out var dry) && dry,
        };
        return true;
    }

    /// <summary>The response of <c>/validate</c>. Each error becomes a cause with its field.</summary>
    public static byte[] WriteReview(string uid, AdmissionRequest request, AdmissionDecision decision)
    {
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = decision.Allowed };
        if (!decision.Allowed)
        {
            var causes = decision.Errors.Select(error => (JsonNode)new JsonObject { ["reason"] = "FieldValueInvalid", ["field"] = error.Field, ["message"] = error.Message });
            response["status"] = new JsonObject
            {
                ["status"] = "Failure",
                ["code"] = 422,
                ["reason"] = "Invalid",
                ["message"] = string.Join("; ", decision.Errors),
                ["details"] = new JsonObject { ["group"] = request.Group, ["kind"] = request.Kind, ["name"] = request.Name, ["causes"] = new JsonArray([.. causes]) },
            };
        }

        if (decision.Warnings.Count > 0)
        {
            response["warnings"] = new JsonArray([.. decision.Warnings.Select(warning => (JsonNode)JsonValue.Create(warning)!)]);
        }

        return Write(response);
    }

    /// <summary>The response of <c>/evict</c>. A refusal has the status 429 Too Many Requests, as one by a PodDisruptionBudget, so that the caller retries.</summary>
    public static byte[] WriteEviction(string uid, EvictionDecision decision)
    {
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = decision.Allowed };
        if (!decision.Allowed)
        {
            response["status"] = new JsonObject { ["status"] = "Failure", ["code"] = 429, ["reason"] = "TooManyRequests", ["message"] = decision.Message };
        }

        return Write(response);
    }

    /// <summary>The response of <c>/mutate</c>: allowed, with a JSON patch (RFC 6902) if there are defaults to set.</summary>
    public static byte[] WritePatch(string uid, JsonArray? patch)
    {
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = true };
        if (patch is not null)
        {
            response["patchType"] = "JSONPatch";
            response["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(patch.ToJsonString()));
        }

        return Write(response);
    }

    /// <summary>Rejects text that is not valid Unicode, including escaped lone surrogates, because later readers would fail on it.</summary>
    private static bool IsUnicode(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Parsing.MaxDepth });
            while (reader.Read())
            {
                if (reader.ValueIsEscaped && reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    reader.GetString();
                }
            }

            return true;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static byte[] Write(JsonObject response) =>
        JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = "AdmissionReview", ["response"] = response });

    private static string? Text(JsonObject parent, string name) => parent[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
