using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Discovery;

/// <summary>Answers access reviews. The bearer of the token may do everything.</summary>
internal static class Reviews
{
    public static JsonObject? Answer(string resource, JsonObject body)
    {
        var answer = (JsonObject)body.DeepClone();
        switch (resource)
        {
            case "selfsubjectaccessreviews":
                answer["status"] = new JsonObject { ["allowed"] = true, ["reason"] = "the bearer of the token may do everything" };
                return answer;
            case "selfsubjectreviews":
                answer["status"] = new JsonObject { ["userInfo"] = new JsonObject { ["username"] = "admin", ["groups"] = new JsonArray("system:masters", "system:authenticated") } };
                return answer;
            case "selfsubjectrulesreviews":
                answer["status"] = new JsonObject
                {
                    ["incomplete"] = false,
                    ["nonResourceRules"] = new JsonArray(new JsonObject { ["nonResourceURLs"] = new JsonArray("*"), ["verbs"] = new JsonArray("*") }),
                    ["resourceRules"] = new JsonArray(new JsonObject { ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*"), ["verbs"] = new JsonArray("*") }),
                };
                return answer;
            default:
                return null;
        }
    }
}
