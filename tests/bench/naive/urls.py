"""One view: judge and store one measurement."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import generics, serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated

from inspections.batches.models import Vehicle
from inspections.catalogue.models import Characteristic, Requirement

from .models import Result


class ResultSerializer(serializers.ModelSerializer[Result]):
    vehicle = serializers.SlugRelatedField(slug_field="vin", queryset=Vehicle.objects.all())
    characteristic = serializers.SlugRelatedField(slug_field="code", queryset=Characteristic.objects.all())

    class Meta:
        model = Result
        fields = ["id", "vehicle", "characteristic", "position", "value", "unit", "passed", "measured_at", "created_at"]
        read_only_fields = ["passed"]

    def create(self, validated_data: dict[str, Any]) -> Result:
        limits = Requirement.objects.get(
            revision__batches=validated_data["vehicle"].batch_id, characteristic=validated_data["characteristic"]
        )
        value = validated_data["value"]
        above = limits.lower is None or value >= limits.lower
        below = limits.upper is None or value <= limits.upper
        return Result.objects.create(passed=above and below, **validated_data)


class ResultView(generics.CreateAPIView[Result]):
    queryset = Result.objects.all()
    serializer_class = ResultSerializer
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]

    def perform_create(self, serializer: Any) -> None:
        serializer.save(recorded_by=self.request.user)


def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("results/", ResultView.as_view()), path("healthz", healthz)]
