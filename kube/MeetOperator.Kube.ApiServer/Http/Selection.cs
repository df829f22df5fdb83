using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Selectors;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>The selectors of a list or watch.</summary>
internal static class Selection
{
    public static (LabelSelector Labels, FieldSelector Fields) Read(HttpContext http, ResourceDefinition resource)
    {
        if (LabelSelector.TryParse(http.Request.Query["labelSelector"], out var labels) is { } badLabels)
        {
            throw StatusErrors.BadRequest(badLabels);
        }

        if (FieldSelector.TryParse(http.Request.Query["fieldSelector"], resource, out var fields) is { } badFields)
        {
            throw StatusErrors.BadRequest(badFields);
        }

        return (labels, fields);
    }
}
