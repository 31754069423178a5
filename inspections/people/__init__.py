"""Who acts: people with a personnel number and a role, and the actor that every act names."""
